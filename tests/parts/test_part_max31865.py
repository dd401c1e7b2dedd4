"""The MAX31865 against its data sheet, byte by byte on the bus."""

import math

import pytest

from sonofuse_hil.parts.check import NEVER_US
from sonofuse_hil.parts.max31865 import Max31865

AUTO_50HZ = bytes([0x80, 0xC1])


def started(ohm=110.0, t_us=0, **settings):
    part = Max31865(lambda _: ohm, **settings)
    part.transfer(t_us, AUTO_50HZ)
    return part


def rtd(part, t_us):
    rx = part.transfer(t_us, b"\x01\x00\x00")
    return rx[1] << 8 | rx[2]


def status(part, t_us):
    return part.transfer(t_us, b"\x07\x00")[1]


def test_registers_after_power_on():
    part = Max31865(lambda _: 100.0)
    assert part.transfer(0, bytes(9)) == bytes([0, 0x00, 0, 0, 0xFF, 0xFF, 0, 0, 0])
    assert part.next_event_us() == NEVER_US
    assert part.drdy(10**9) == 1


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.025, 0x0666), (0.125, 0x2000), (0.25, 0x4000), (0.5, 0x8000), (0.75, 0xC000)]
)
def test_codes_of_the_data_sheet(ratio, expected):
    """Table 5: RTD registers for a resistance relative to the reference."""
    assert rtd(started(ratio * 430.0), 62_500) == expected


def test_code_resolves_a_32nd_of_a_degree():
    assert rtd(started(100.0), 62_500) >> 1 == round(100.0 / 430.0 * 32768)


@pytest.mark.parametrize("period_us", [16_700, 20_000, 21_000])
def test_continuous_conversions_and_drdy(period_us):
    part = started(t_us=1_000, period_us=period_us)
    due = 63_500
    for _ in range(5):
        assert part.next_event_us() == due
        assert part.drdy(due - 1) == 1
        assert part.drdy(due) == 0
        rtd(part, due + 10)
        assert part.drdy(due + 10) == 1
        due += period_us


def test_drdy_stays_low_until_the_result_is_read():
    part = started()
    assert part.drdy(62_500) == 0
    part.transfer(62_600, b"\x07\x00")
    assert part.drdy(62_600) == 0
    part.transfer(62_700, b"\x02\x00")
    assert part.drdy(62_700) == 1


def test_every_conversion_asks_at_its_own_time():
    asked = []
    part = Max31865(lambda t_us: asked.append(t_us) or 100.0)
    part.transfer(0, AUTO_50HZ)
    part.advance(62_500 + 3 * 21_000)
    assert asked == [62_500, 83_500, 104_500, 125_500]


def test_writes_and_reads_increment_and_wrap():
    part = started()
    part.transfer(1, b"\x83\x40\x02\x10\x04")
    assert part.transfer(2, b"\x03\0\0\0\0")[1:] == b"\x40\x02\x10\x04"
    part.transfer(3, b"\x81\x12\x34")
    part.transfer(3, b"\x87\xff")
    assert part.transfer(4, b"\x01\0\0")[1:] == b"\0\0"
    assert status(part, 4) == 0
    assert part.transfer(5, b"\x08\0")[1] == 0xFF
    assert part.transfer(6, b"\x7f\0\0")[1:] == b"\xff\xc1"
    part.transfer(7, b"\xff\x00\x00")
    assert part.next_event_us() == NEVER_US


def test_one_shot():
    part = Max31865(lambda _: 215.0)
    part.transfer(0, b"\x80\xa0")
    assert part.next_event_us() == 62_500
    assert rtd(part, 62_500) == 0x8000
    assert part.transfer(62_501, b"\0\0")[1] == 0x80
    assert part.next_event_us() == NEVER_US


def test_switching_off_ends_the_conversion():
    for start in (b"\x80\xc1", b"\x80\xa1"):
        part = Max31865(lambda _: 100.0)
        part.transfer(0, start)
        part.transfer(1_000, b"\x80\x81")
        assert part.next_event_us() == NEVER_US


def test_writing_the_mode_again_does_not_delay_a_conversion():
    part = started()
    part.transfer(30_000, AUTO_50HZ)
    assert part.next_event_us() == 62_500


@pytest.mark.parametrize(("fault", "code", "flag"), [("open", 0xFFFF, 0x80), ("short", 0x0001, 0x40)])
def test_open_and_short(fault, code, flag):
    part = started()
    part.set_fault(0, fault)
    assert rtd(part, 62_500) == code
    assert status(part, 62_500) == flag
    part.set_fault(62_500, "")
    assert rtd(part, 83_500) & 1, "the status is latched"
    part.transfer(83_500, AUTO_50HZ)
    assert status(part, 83_500) == flag
    part.transfer(83_501, b"\x80\xc3")
    assert status(part, 83_502) == 0
    assert not rtd(part, 104_500) & 1


def test_fault_detection_cycle_finds_an_open_sensor():
    part = started()
    part.transfer(1, b"\x80\xc5")
    assert status(part, 1) == 0
    part.set_fault(2, "open")
    part.transfer(2, AUTO_50HZ)
    assert status(part, 2) == 0
    part.transfer(3, b"\x80\xc5")
    assert status(part, 3) == 0x20
    assert part.transfer(4, b"\0\0")[1] == 0xC1


@pytest.mark.parametrize(
    ("thresholds", "flag"),
    [(b"\x83\x80\x00\x00\x00", 0x80), (b"\x83\xff\xff\x80\x00", 0x40), (b"\x83\x80\x02\x7f\xfe", 0x00)],
)
def test_thresholds_include_their_own_value(thresholds, flag):
    part = started(215.0)
    part.transfer(0, thresholds)
    part.advance(62_500)
    assert status(part, 62_500) == flag


def test_without_bias_there_is_no_reading():
    part = Max31865(lambda _: 215.0)
    part.transfer(0, b"\x80\x20")
    assert rtd(part, 62_500) == 0x0001


def test_stuck_data_keeps_converting():
    ohms = iter([100.0, 120.0, 140.0, 160.0])
    part = Max31865(lambda _: next(ohms))
    part.transfer(0, AUTO_50HZ)
    first = rtd(part, 62_500)
    part.set_fault(62_500, "stuck")
    for t_us in (83_500, 104_500):
        assert part.drdy(t_us) == 0
        assert rtd(part, t_us) == first
    part.set_fault(104_500, "")
    assert rtd(part, 125_500) > first


@pytest.mark.parametrize(("fault", "byte"), [("zeros", 0x00), ("ones", 0xFF)])
def test_stuck_bus(fault, byte):
    part = started()
    part.set_fault(62_500, fault)
    assert part.transfer(62_500, b"\x01\0\0") == bytes([byte] * 3)


def test_halted_and_mended():
    part = started()
    part.set_fault(70_000, "halted")
    rtd(part, 70_000)
    assert part.next_event_us() == NEVER_US
    assert part.drdy(10_000_000) == 1
    part.set_fault(10_000_000, "")
    assert part.next_event_us() == 10_021_000


def test_a_ready_line_that_stays_low_says_so_after_a_read_too():
    part = started()
    part.set_fault(62_500, "drdy_low")
    before = rtd(part, 62_500)
    assert part.drdy(62_501) == 0 and rtd(part, 62_502) == before
    part.set_fault(62_503, "")
    assert part.drdy(62_503) == 1


def test_breaking_and_mending_do_not_move_a_conversion():
    part = started()
    for fault in ("stuck", "open", ""):
        part.set_fault(30_000, fault)
        assert part.next_event_us() == 62_500


def test_mending_does_not_start_what_was_never_switched_on():
    part = Max31865(lambda _: 100.0)
    part.set_fault(0, "halted")
    part.set_fault(1, "")
    assert part.next_event_us() == NEVER_US


def test_halted_before_it_is_switched_on():
    part = Max31865(lambda _: 100.0)
    part.set_fault(0, "halted")
    part.transfer(1, AUTO_50HZ)
    assert part.next_event_us() == NEVER_US


def test_refusals():
    with pytest.raises(ValueError, match="max31865 ohm is nan"):
        started(math.nan).advance(62_500)
    part = started(t_us=1_000)
    with pytest.raises(ValueError, match="before 1000 us"):
        part.drdy(999)
    with pytest.raises(ValueError, match="choose from open, short"):
        part.set_fault(1_000, "melted")
    with pytest.raises(ValueError, match="period_us"):
        Max31865(lambda _: 100.0, period_us=0)
