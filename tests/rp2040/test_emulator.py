"""What the emulator gets wrong, and that the rig puts it right: a failure says which fact an upgrade changed.

The names starting with `raw` are of the emulator as it comes; the others are of the corrected chip.
"""

import pytest

from sonofuse_hil.parts.max31865 import Max31865
from sonofuse_hil.platforms.flash import ERASE_US, PROGRAM_US
from sonofuse_hil.platforms.rp2040 import adc, clocks, flash, spi, uart

rp2040 = pytest.importorskip("rp2040py.rp2040", reason="not run: rp2040 (rp2040py is not installed)")
simulator = pytest.importorskip("rp2040py.simulator")
rp2040py_uart = pytest.importorskip("rp2040py.peripherals.uart")

ADC_CS, ADC_RESULT = 0x00, 0x04
START_MANY, EN = 1 << 3, 1
SPI_CR0, SPI_DR, SPI_SR, SPI_CPSR = 0x00, 0x08, 0x0C, 0x10
UART_DR, UART_FR, UART_IBRD, UART_FBRD, UART_LCR, UART_CR, UART_IMSC, UART_RIS = (
    0,
    0x18,
    0x24,
    0x28,
    0x2C,
    0x30,
    0x38,
    0x3C,
)
UART_ICR = 0x44
TX_INTERRUPT, RX_INTERRUPT, TIMEOUT_INTERRUPT = 1 << 5, 1 << 4, 1 << 6
PIO_CTRL, PIO_INSTR_MEM0 = 0x00, 0x48
JUMP_X_DEC_0 = 0x0040
PERI_USB = 2 << 5  # CLK_PERI_CTRL.AUXSRC: the USB PLL, 48 MHz


@pytest.fixture
def mcu():
    return rp2040.RP2040()


def run(mcu, us):
    """Let time pass without a processor."""
    mcu.clock.tick(us * 1000)


# ---- ADC


def test_raw_adc_samples_at_the_end_of_a_conversion(mcu):
    mcu.adc.channel_values[0] = 100
    mcu.adc.write_uint32(ADC_CS, EN | 1 << 2)
    mcu.adc.channel_values[0] = 200
    run(mcu, 3)
    assert mcu.adc.read_uint32(ADC_RESULT) == 200


def test_adc_samples_at_the_start(mcu):
    value = 100
    corrected = adc.Adc(mcu)
    corrected.sample = lambda _channel: value
    mcu.adc.write_uint32(ADC_CS, EN | 1 << 2)
    value = 200
    run(mcu, 1)
    assert not mcu.adc.read_uint32(ADC_CS) & 1 << 8, "ready after 1 µs, a conversion takes 2"
    run(mcu, 1)
    assert mcu.adc.read_uint32(ADC_CS) & 1 << 8
    assert mcu.adc.read_uint32(ADC_RESULT) == 100


def test_raw_adc_round_robin_stays_at_one_channel(mcu):
    """So that nothing here may be built on it: channel 1 is never reached from channel 0."""
    asked = []
    mcu.adc.on_adc_read = lambda channel: asked.append(channel)
    mcu.adc.write_uint32(ADC_CS, EN | 0b111 << 16 | 1 << 2)
    for _ in range(4):
        mcu.adc.complete_adc_read(0, False)
        mcu.adc.write_uint32(ADC_CS, EN | 0b111 << 16 | 1 << 2)
    assert set(asked) == {0}


# ---- SPI


def spi_registers(mcu):
    mcu.clocks.peri_ctrl = PERI_USB
    mcu.spi[0].write_uint32(SPI_CPSR, 2)
    mcu.spi[0].write_uint32(SPI_CR0, 23 << 8 | 7)  # 48 MHz / (2 × 24) = 1 MHz, 8 bits
    mcu.spi[0].write_uint32(0x04, 1 << 1)


def test_raw_spi_takes_no_time(mcu):
    spi_registers(mcu)
    mcu.spi[0].write_uint32(SPI_DR, 0x55)
    assert mcu.spi[0].read_uint32(SPI_SR) & 1 << 2, "a byte has come back at once"


def test_spi_takes_its_bits(mcu):
    corrected = spi.Spi(mcu, 0)
    corrected.exchange = lambda byte: byte ^ 0xFF
    spi_registers(mcu)
    assert corrected.clock_hz == 1e6
    mcu.spi[0].write_uint32(SPI_DR, 0x55)
    run(mcu, 7)
    assert not mcu.spi[0].read_uint32(SPI_SR) & 1 << 2
    run(mcu, 1)
    assert mcu.spi[0].read_uint32(SPI_DR) == 0xAA


def test_a_converter_shifted_byte_by_byte_answers_like_whole_transactions():
    whole, single = (Max31865(lambda _t_us: 108.0) for _ in range(2))
    for tx in (b"\x80\xc3", b"\x01\xff\xff", b"\x00\xff", b"\x83\x12\x34", b"\x03\xff\xff", b"\x07\xff"):
        for t_us in (100_000, 130_000):
            expected = whole.transfer(max(t_us, whole._now_us), tx)
            single.select()
            now = max(t_us, single._now_us)
            assert bytes(single.exchange(now, byte) for byte in tx) == expected
    assert single.transfer(200_000, b"\x01\xff\xff")[1:] != b"\0\0"


# ---- UART


def uart_registers(mcu):
    mcu.clocks.peri_ctrl = PERI_USB
    port = mcu.uart[0]
    port.write_uint32(UART_IBRD, 3)
    port.write_uint32(UART_FBRD, 16)  # 48 MHz / (16 × 3.25) = 923 077 bit/s
    port.write_uint32(UART_LCR, 0x70)  # 8 bits, FIFOs on
    port.write_uint32(UART_CR, 0x301)
    return port


def test_raw_uart_raises_its_transmit_interrupt_again_after_each_clear(mcu):
    """With the interrupt on, a driver that clears it and returns is called again for ever."""
    port = uart_registers(mcu)
    port.write_uint32(UART_IMSC, TX_INTERRUPT)
    port.write_uint32_atomic(UART_ICR, TX_INTERRUPT, 0)
    assert port.read_uint32(UART_RIS) & TX_INTERRUPT
    assert rp2040py_uart.RPUART.check_interrupts.__qualname__ == "RPUART.check_interrupts"


def test_raw_peripheral_clock_is_taken_for_granted(mcu):
    mcu.clocks.peri_ctrl = PERI_USB
    assert mcu.clk_peri == 125_000_000
    assert clocks.peripheral_hz(mcu) == 48_000_000


def test_uart_sends_at_its_bit_rate_and_interrupts_once(mcu):
    corrected = uart.Uart(mcu, 0)
    port = uart_registers(mcu)
    assert port is corrected
    assert corrected.baud_rate == 923_077
    sent = []
    corrected.sent = lambda byte: sent.append((round(mcu.clock.nanos), byte))
    for byte in range(40):  # one leaves at once, 32 fit the FIFO
        port.write_uint32(UART_DR, byte)
    assert port.read_uint32(UART_FR) & 1 << 5, "the FIFO is full"
    port.write_uint32_atomic(UART_ICR, TX_INTERRUPT, 0)
    assert not port.read_uint32(UART_RIS) & TX_INTERRUPT
    run(mcu, 11)
    assert sent == [(round(10 / 923_077 * 1e9), 0)]
    run(mcu, 400)
    assert [byte for _, byte in sent] == list(range(33)), "what does not fit is lost"
    assert port.read_uint32(UART_RIS) & TX_INTERRUPT


def test_uart_receives_with_levels_timeout_and_overrun(mcu):
    corrected = uart.Uart(mcu, 0)
    port = uart_registers(mcu)
    corrected.feed(bytes(range(3)))
    run(mcu, 33)
    assert not port.read_uint32(UART_RIS) & (RX_INTERRUPT | TIMEOUT_INTERRUPT)
    run(mcu, 35)  # 32 bit times of silence
    assert port.read_uint32(UART_RIS) & TIMEOUT_INTERRUPT
    assert [port.read_uint32(UART_DR) for _ in range(3)] == [0, 1, 2]
    assert not port.read_uint32(UART_RIS) & TIMEOUT_INTERRUPT
    corrected.feed(bytes(range(40)))
    run(mcu, 40 * 11)
    assert corrected.lost == 8
    assert port.read_uint32(UART_RIS) & RX_INTERRUPT
    assert [port.read_uint32(UART_DR) for _ in range(32)] == list(range(32))
    corrected.feed(b"\x07")
    run(mcu, 11)
    assert port.read_uint32(UART_DR) == 1 << 11 | 7, "the byte after a gap carries the overrun flag"


# ---- pins and resets


def test_raw_outputs_do_not_read_back(mcu):
    pin = mcu.gpio[2]
    mcu.sio.gpio_output_enable = mcu.sio.gpio_value = 1 << 2
    pin.ctrl = 5  # SIO
    assert pin.output_value
    assert not pin.input_value


def test_raw_reset_releases_pins_without_telling(mcu):
    told = []
    pin = mcu.gpio[2]
    pin.add_listener(lambda new, old: told.append(new))
    mcu.sio.gpio_output_enable = mcu.sio.gpio_value = 1 << 2
    pin.ctrl = 5
    pin.check_for_updates()
    assert len(told) == 1
    mcu.enter_reset()
    assert not pin.output_enable
    assert len(told) == 1


def test_raw_driving_the_same_level_latches_an_edge(mcu):
    pin = mcu.gpio[9]
    pin.pad_value |= 1 << 6  # input enabled
    pin.set_input_value(True)
    pin.update_irq_value(1 << 3)
    assert not pin.irq_status & 1 << 3
    pin.set_input_value(True)
    assert pin.irq_status & 1 << 3


# ---- PIO


def test_raw_pio_stands_still_while_the_processor_sleeps(mcu):
    """The permit's programs do not mind, because the firmware never sleeps; stamps of the signal board do."""
    simulator.Simulator(rp2040=mcu)  # which steps the machines
    pio = mcu.pio[0]
    machine = pio.machines[0]
    pio.write_uint32(PIO_INSTR_MEM0, JUMP_X_DEC_0)
    machine.x = 1_000
    pio.write_uint32(PIO_CTRL, 1)
    for _ in range(100):
        pio.advance(1)  # as after an instruction of the processor
    assert machine.x == pytest.approx(900, abs=2)
    pio.advance(500)  # as after a sleep to the next alarm
    assert machine.x == pytest.approx(899, abs=2)


# ---- flash


def flash_command(mcu, data):
    """As the boot ROM sends it: chip select is the pin's override."""
    select = mcu.qspi[1]
    select.ctrl = 2 << 8
    select.check_for_updates()
    answer = [mcu.ssi._shift_byte(byte) for byte in data]
    select.ctrl = 3 << 8
    select.check_for_updates()
    return answer


ADDRESS = b"\x0a\x00\x00"


def test_raw_flash_is_never_busy(mcu):
    flash_command(mcu, b"\x06")
    flash_command(mcu, b"\x20" + ADDRESS)
    assert not flash_command(mcu, b"\x05\x00")[1] & 1


def test_flash_is_busy_as_long_as_the_chip_would_be(mcu):
    corrected = flash.Flash(mcu)
    mcu.flash[0xA0000:0xA0100] = bytes(256)
    for command, us in ((b"\x20" + ADDRESS, ERASE_US), (b"\x02" + ADDRESS + b"\x5a", PROGRAM_US)):
        flash_command(mcu, b"\x06")
        flash_command(mcu, command)
        run(mcu, us - 1)
        assert flash_command(mcu, b"\x05\x00")[1] & 1
        run(mcu, 1)
        assert not flash_command(mcu, b"\x05\x00")[1] & 1
    assert mcu.flash[0xA0000] == 0x5A
    assert corrected.operations == [("erase", 0xA0000), ("program", 0xA0000)]


def test_raw_xip_cache_does_not_exist(mcu):
    assert mcu.xip_ctrl.read_uint32(0x0C) == mcu.xip_ctrl.read_uint32(0x10) == 0, "hits and accesses"


def test_raw_second_core_does_not_exist(mcu):
    assert not hasattr(mcu, "core1") and not isinstance(mcu.core, (list, tuple))
