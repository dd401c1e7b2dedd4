"""Board Mini NTC: a bare RP2040 that measures temperature with thermistors on its own converter (docs/boards.md)."""

BOARD = {
    "name": "mini_ntc",
    "mcu": "rp2040",
    "adc_reference_mv": 3300,  # ADC_AVDD from a REF3033 series reference, 0.2 %, calibrated with the detector
    "pins": {
        "permit": 14,  # PIO0, into its charge pump
        "second": 15,  # PIO1, into its own charge pump
        "service": 6,  # jumper to ground at boot: no permit program, REPL open
        "buzzer": 7,
        "uart_tx": 12,
        "uart_rx": 13,
    },
    # (channel, driver, settings): the order is the order of the rows in a limit set. The thermistors are TDK B57861S
    # (10 kOhm, R/T characteristic 8016): Steinhart and Hart's curve through its table at 0, 40 and 100 degC, which
    # meets it within 0.03 K from -10 to 100 degC. The divider hangs on ADC_AVDD, so the reference drops out.
    "channels": (
        ("stop", "contact", {"pin": 4, "watches": "stop_loop"}),
        ("supply", "contact", {"pin": 10}),
        ("second_readback", "contact", {"pin": 3}),
        ("permit_readback", "contact", {"pin": 2}),
        ("flow", "pulses", {"pin": 5, "pulses_per_litre": 3000, "gate_ms": 50, "gates": 20}),
        ("drive", "adc", {"pin": 29, "detector": "ad8307", "coupling_db": -45, "watches": "forward"}),
        (
            "housing",
            "adc",
            {
                "pin": 28,
                "detector": "ntc",
                "watches": "transducer",
                "ntc_at": "reference",
                "series_ohm": 4700,
                "sh_a": 1.1256e-3,
                "sh_b": 2.3466e-4,
                "sh_c": 8.592e-8,
            },
        ),
        (
            "skin_left",
            "adc",
            {
                "pin": 27,
                "detector": "ntc",
                "watches": "skin_a",
                "ntc_at": "ground",
                "series_ohm": 10_000,
                "sh_a": 1.1256e-3,
                "sh_b": 2.3466e-4,
                "sh_c": 8.592e-8,
            },
        ),
        (
            "skin_right",
            "adc",
            {
                "pin": 26,
                "detector": "ntc",
                "watches": "skin_b",
                "ntc_at": "ground",
                "series_ohm": 10_000,
                "sh_a": 1.1256e-3,
                "sh_b": 2.3466e-4,
                "sh_c": 8.592e-8,
            },
        ),
    ),
}
