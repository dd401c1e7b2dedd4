"""docs/wiring.md says what the board file and the signal firmware say, and its figures follow from its parts."""

import importlib.util
import math
import re
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse.limits import SHIPPED
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.parts.pump import ChargePump
from sonofuse_hil.platforms.board.outputs import COOL_C, COOL_OHM, STEP_OHM, WARM_C, check_board, signals
from sonofuse_hil.platforms.board.wire import PINS

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "wiring.md").read_text(encoding="utf-8")
MONITOR, SIGNAL = TEXT.split("## Signal board")


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def pins_of(cell: str) -> list[int]:
    return [int(number) for number in re.findall(r"GP(\d+)", cell)]


def test_every_pin_of_the_monitor_is_where_its_board_file_has_it() -> None:
    board = load_board("rev_a")
    expected = dict(board.pins)
    for channel in board.channels:
        for setting in ("pin", "drdy", "cs"):
            if setting in channel.settings:
                name = channel.name if setting == "pin" else f"{channel.name}.{setting}"
                expected[name] = int(channel.settings[setting])
    found: dict[str, int] = {}
    for cells in rows(MONITOR):
        names, pins = re.findall(r"`(\w+)`", cells[1]), pins_of(cells[0])
        if names and pins:
            suffix = next((f".{part.lower()}" for part in ("DRDY", "CS") if cells[1].endswith(part)), "")
            found |= {name + suffix: pin for name, pin in zip(names, pins, strict=True)}
    assert found == expected


def test_the_signal_board_has_a_wire_for_every_signal_of_the_monitor() -> None:
    check_board(load_board("rev_a"))
    assert all(pin in pins_of("GP2 GP3 GP4 GP5 GP6 GP7 GP8 GP15 GP26 GP27 GP28") for _, pin in signals())


def test_every_pin_of_the_signal_board_is_in_its_table() -> None:
    listed = [pin for cells in rows(SIGNAL.split("**Levels.**")[0]) for pin in pins_of(cells[0])]
    declared = {value for name, value in vars(PINS).items() if not name.startswith("UART")}
    assert sorted(listed) == sorted(declared | {PINS.WARM + n for n in range(4)})


def test_the_drawing_is_the_one_that_the_pins_give() -> None:
    spec = importlib.util.spec_from_file_location("draw_wiring", DOCS / "draw_wiring.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.draw() == (DOCS / "wiring.svg").read_text(encoding="utf-8"), "run python docs/draw_wiring.py"


def pump(volts: float, diode_v: float, c2: float, r: float, reference_v: float) -> tuple[int, float]:
    """Rising edges until the comparator sees its reference, and the hold after the last edge, µs."""
    c1, hz = 27e-9, 10e3
    drive_v = volts - 2 * diode_v
    share = c1 / (c1 + c2)
    edges = next(n for n in range(1, 20) if drive_v * (1 - (1 - share) ** n) >= reference_v)
    held_v = drive_v * r / (r + 1 / (hz * c1))
    return edges, r * c2 * math.log(held_v / reference_v) * 1e6


def test_the_charge_pump_rises_and_holds_as_the_rig_and_the_limits_assume() -> None:
    model, declared_us = ChargePump(), Oracle(SHIPPED).pump_hold_us
    edges, hold_us = pump(3.3, 0.25, 100e-9, 33e3, 1.242)
    assert (edges - 1) * 100 == model.rise_us == 200
    assert hold_us == pytest.approx(2_330, abs=30)
    slowest = pump(3.3 * 1.05, 0.2, 105e-9, 33e3 * 1.01, 1.242 * 0.98)
    fastest = pump(3.3 * 0.95, 0.35, 95e-9, 33e3 * 0.99, 1.242 * 1.02)
    assert slowest[1] <= model.hold_us == declared_us
    assert fastest[1] > 1_500, "the permit's own gaps are 50 us"
    assert slowest[0] == 3 and fastest[0] <= 4


def test_the_supervisors_divider_gives_ten_per_cent() -> None:
    top, middle, bottom = 93.1, 1.65, 7.5
    whole = top + middle + bottom
    assert 0.4 * whole / (middle + bottom) == pytest.approx(4.5, rel=0.01)
    assert 0.4 * whole / bottom == pytest.approx(5.5, rel=0.01)


def test_the_resistors_show_the_temperatures_that_the_text_names() -> None:
    assert f"{COOL_OHM:g} Ω ({COOL_C:.1f} °C)" in TEXT
    assert f"{STEP_OHM:g} Ω more when WARM is on ({WARM_C:.1f} °C)" in TEXT
