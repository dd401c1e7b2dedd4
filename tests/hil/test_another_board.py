"""The rig takes pins, converters and the buzzer from the board: a board of one's own is cut off as Rev A is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sonofuse.board import BOARDS, Board, load_board
from sonofuse.limits import SHIPPED
from sonofuse_hil.bench import Bench
from sonofuse_hil.guarantees import g01, g10, g11
from sonofuse_hil.guarantees.excursion import Excursion
from sonofuse_hil.guarantees.excursion import carry_out as leave_its_limits
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.operator import Sonication
from sonofuse_hil.platforms.flash import Flash
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.platforms.vm import _ops
from sonofuse_hil.rig import Rig
from tests.quick import quick_limits

DRIVE_LOW = 2 << 8  # GPIOx_CTRL.OUTOVER
# Every pin of Rev A and where this board has it: the signals of Rev A lie on pins that mean something else here.
MOVED = {
    2: 15, 3: 14, 14: 2, 15: 3, 0: 12, 1: 13, 18: 6, 19: 7, 16: 4, 17: 20, 9: 21, 20: 9, 10: 17, 21: 10, 11: 16,
    22: 11, 12: 22, 26: 28, 27: 29, 28: 26, 7: 18, 6: 19, 8: 0, 4: 1, 5: 8,
}  # fmt: skip
SHORT = Sonication(40.0, 0.3)


def moved(folder: Path) -> Board:
    text = (BOARDS / "rev_a.py").read_text(encoding="utf-8")
    text = re.sub(
        r'("(?:permit|second|service|buzzer|uart_\w+|spi_\w+|cs|drdy|pin)": )(\d+)',
        lambda found: f"{found[1]}{MOVED[int(found[2])]}",
        text,
    )
    path = folder / "moved.py"
    path.write_text(text.replace('"rev_a"', '"moved"').replace("3000,", "3200,"), encoding="utf-8")
    return load_board(path)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return moved(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quick_limits(tmp_path_factory.mktemp("limits"))


def test_a_pad_of_another_pin_forces_its_switch_low(tmp_path: Path) -> None:
    board = load_board("rev_a")
    bench = Bench(replace(board, pins={**board.pins, "permit": 13, "second": 25}))
    platform = UnixPlatform(tmp_path, bench, Flash(8192))
    platform._output(0, _ops.MEMORY, 25, DRIVE_LOW, b"")
    platform._output(0, _ops.MEMORY, 2, DRIVE_LOW, b"")  # Rev A's permit means nothing here
    assert [switch.forced_low for switch in platform.switches] == [False, True]


def test_no_pin_is_where_rev_a_has_it(board: Board) -> None:
    first = load_board("rev_a")
    assert all(board.pins[name] != pin for name, pin in first.pins.items())
    for mine, its in zip(board.channels, first.channels, strict=True):
        assert all(mine.settings[key] != its.settings[key] for key in ("pin", "cs", "drdy") if key in its.settings)


def test_its_firmware_is_the_board_that_was_given(board: Board, limits: Path) -> None:
    with Rig(limits, board=board) as rig:
        assert (rig.folder / "board.py").read_bytes() == board.file.read_bytes()
        rig.run_for(1_400_000)
        assert rig.result().seen[-1].state == 1, (
            "acknowledged, and SAFE: firmware, limit set and bench are of one board"
        )


def test_a_normal_sonication(board: Board, limits: Path) -> None:
    with Rig(limits, (Sonication(61.5, 1.0),), board=board) as rig:
        run = rig.run_plan(5_000_000)
    assert (run.done, run.tripped) == (1, None)


@pytest.mark.parametrize(
    ("channel", "check", "value", "fault"),
    [
        ("skin_b", "above", 41.1, ""),
        ("water", "range", 0.0, "open"),
        ("forward", "above", 125.0, ""),
        ("reflected", "ratio", 3.0, ""),
        ("reference", "below", 2.0, ""),
        ("flow", "below", 500.0, ""),
        ("supply", "below", 0.0, ""),
        ("forward", "idle", 5.0, ""),
    ],
)
def test_a_channel_beyond_its_limit(
    channel: str, check: str, value: float, fault: str, board: Board, limits: Path
) -> None:
    excursion = Excursion(channel, check, value, 40_000, fault, Sonication(40.0, 4.0))
    plan = () if check == "idle" else (excursion.plan,)
    with Rig(limits, plan, board=board) as rig:
        run = leave_its_limits(rig, excursion)
    measured = g01.reaction(run, Oracle(limits, board))
    assert measured.passed, measured


def test_the_stop_loop(board: Board, limits: Path) -> None:
    with Rig(limits, (SHORT,), board=board) as rig:
        run = g10.carry_out(rig, g10.Stop(40_000))
    assert g10.reaction(run, Oracle(limits, board)).passed


@pytest.mark.parametrize("kind", ["welded", "contact_low", "forward_idle"])
def test_the_alarm_is_seen_at_the_boards_own_buzzer(kind: str, board: Board, limits: Path) -> None:
    with Rig(limits, (SHORT,), board=board) as rig:
        run = g11.carry_out(rig, g11.Failure(kind, 1, 40_000))
    assert g11.reaction(run, Oracle(limits, board)).passed
    assert {pin for _, pin, level in run.history.pins if level and pin == board.pins["buzzer"]}
    assert run.alarms


def test_limits_of_another_board_are_refused_before_a_device_is_made(limits: Path) -> None:
    with pytest.raises(ValueError, match="it lacks forward, reference"):
        Rig(limits, board=load_board("mini_ntc"))


def test_a_channel_is_found_by_its_name_and_by_what_it_watches() -> None:
    bench = Bench(load_board("mini_ntc"))
    assert bench.channel("skin_left") == bench.channel("skin_a")
    with pytest.raises(KeyError, match="board mini_ntc has no signal for water: not covered"):
        bench.force("water", 20.0)
    with pytest.raises(KeyError, match="reads skin_left without a converter"):
        bench.converter("skin_a")


def test_four_inputs_each_with_its_own_channel() -> None:
    """The detector on GP29 is the fourth; an input without a channel reads 0."""
    bench = Bench(load_board("mini_ntc"))
    bench.force("forward", 100.0)
    for name, celsius in (("skin_b", 10.0), ("skin_a", 20.0), ("transducer", 30.0)):
        bench.force(name, celsius)
    skin_right, skin_left, housing, drive = bench.adc()
    sensor = bench.thermometers.ntcs["skin_left"]
    assert skin_left / 65535 == pytest.approx(sensor.ratio(20.0), abs=2e-3)
    assert skin_right > skin_left, "colder, and to ground"
    assert housing / 65535 == pytest.approx(bench.thermometers.ntcs["housing"].ratio(30.0), abs=2e-3)
    assert drive / 65535 == pytest.approx((50 - 45 + 84) * 0.025 / 3.3, abs=2e-3)
    assert Bench(load_board("rev_a")).adc()[3] == 0


def test_a_reference_that_drifts_moves_the_detector_and_no_thermistor() -> None:
    bench = Bench(load_board("mini_ntc"))
    bench.force("forward", 100.0)
    bench.force("skin_a", 37.0)
    before = bench.adc()
    bench.vref.drift(0, 0.01)
    bench.changed()
    bench.advance(5_000_000)
    after = bench.adc()
    assert abs(after[1] - before[1]) <= 32, "two steps of noise"
    assert after[3] / before[3] == pytest.approx(1 / 1.05, abs=2e-3)


def test_shipped_limits_name_their_board() -> None:
    assert Oracle(SHIPPED).board.name == "rev_a"
