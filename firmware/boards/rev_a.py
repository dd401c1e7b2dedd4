"""Reference board Rev A: Raspberry Pi Pico. One data file is all that a board needs (docs/boards.md)."""

BOARD = {
    "name": "rev_a",
    "mcu": "rp2040",
    "adc_reference_mv": 3000,  # ADC_VREF from an LM4040-3.0 shunt, 0.1 %
    "pins": {
        "permit": 2,  # PIO0, into its charge pump
        "second": 3,  # PIO1, into its own charge pump
        "service": 14,  # jumper to ground at boot: no permit program, REPL open
        "buzzer": 15,
        "uart_tx": 0,
        "uart_rx": 1,
        "spi_sck": 18,
        "spi_mosi": 19,
        "spi_miso": 16,
    },
    # (channel, driver, settings): the order is the order of the rows in a limit set.
    "channels": (
        ("skin_a", "max31865", {"cs": 17, "drdy": 9, "r0_ohm": 100, "rref_ohm": 430}),
        ("skin_b", "max31865", {"cs": 20, "drdy": 10, "r0_ohm": 100, "rref_ohm": 430}),
        ("transducer", "max31865", {"cs": 21, "drdy": 11, "r0_ohm": 100, "rref_ohm": 430}),
        ("water", "max31865", {"cs": 22, "drdy": 12, "r0_ohm": 100, "rref_ohm": 430}),
        ("forward", "adc", {"pin": 26, "detector": "ad8307", "coupling_db": -50}),
        ("reflected", "adc", {"pin": 27, "detector": "ad8307", "coupling_db": -50}),
        ("reference", "adc", {"pin": 28, "detector": "voltage", "nominal_mv": 2048}),
        ("flow", "pulses", {"pin": 7, "pulses_per_litre": 2000, "gate_ms": 100, "gates": 10}),
        ("stop_loop", "contact", {"pin": 6}),
        ("supply", "contact", {"pin": 8}),
        ("permit_readback", "contact", {"pin": 4}),
        ("second_readback", "contact", {"pin": 5}),
    ),
}
