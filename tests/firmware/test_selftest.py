"""The march over memory finds whatever is wrong with it: on bad memories, with the source of the firmware."""

from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.layout import FIRMWARE, Constants
from sonofuse.twin import plain_twin
from sonofuse_firmware.states import SAFE, TRIPPED
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.rig import Rig
from sonofuse_hil.run import Run
from tests.quick import quick_limits

PROVEN, TESTING = Constants("selftest.py").PROVEN, Constants("selftest.py").TESTING
WORDS = 24
MASK = 0xFFFFFFFF


class Memory(list[int]):
    """Words of 32 bits as an array('i') shows them."""

    def __init__(self, n: int = WORDS) -> None:
        super().__init__([0] * n)

    def __setitem__(self, i: int, value: int) -> None:  # type: ignore[override]
        super().__setitem__(i, self.store(i, value & MASK))

    def store(self, _i: int, value: int) -> int:
        return signed(value)


def signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


class StuckBit(Memory):
    def __init__(self, cell: int, bit: int, level: int) -> None:
        self.cell, self.mask, self.level = cell, 1 << bit, level
        super().__init__()

    def store(self, i: int, value: int) -> int:
        if i == self.cell:
            value = value | self.mask if self.level else value & ~self.mask
        return signed(value)


class Coupled(Memory):
    """A change of one cell's bit, in one direction, sets or flips a bit of another cell."""

    def __init__(self, by: tuple[int, int], victim: tuple[int, int], rising: bool, flips: bool) -> None:
        self.by, self.victim, self.rising, self.flips = by, victim, rising, flips
        super().__init__()

    def store(self, i: int, value: int) -> int:
        cell, bit = self.by
        before = self[cell] >> bit & 1
        if i == cell and before != value >> bit & 1 and (value >> bit & 1) == self.rising:
            other, mask = self.victim[0], 1 << self.victim[1]
            word = self[other] & MASK
            list.__setitem__(self, other, signed(word ^ mask if self.flips else word | mask))
        return signed(value)


class WrongAddress(Memory):
    """Two addresses that lead to one cell."""

    def __init__(self, alias: int, cell: int) -> None:
        self.alias, self.cell = alias, cell
        super().__init__()

    def __getitem__(self, i: int) -> int:  # type: ignore[override]
        return super().__getitem__(self.cell if i == self.alias else i)

    def __setitem__(self, i: int, value: int) -> None:  # type: ignore[override]
        super().__setitem__(self.cell if i == self.alias else i, value)


def march(memory: Memory) -> int:
    source = plain_twin((FIRMWARE / "selftest.py").read_text(encoding="utf-8"))
    lines = [line for line in source.splitlines() if not line.startswith(("from machine", "from time", "import micro"))]
    module = ModuleType("selftest")
    exec(compile("\n".join(lines), "selftest.py", "exec"), module.__dict__)  # noqa: S102
    return int(module.march(memory, len(memory)))


CELLS, BITS = st.integers(0, WORDS - 1), st.integers(0, 31)


def test_good_memory_passes_and_is_cleared() -> None:
    memory = Memory()
    assert march(memory) == 0
    assert list(memory) == [0] * WORDS


@given(cell=CELLS, bit=BITS, level=st.integers(0, 1))
def test_a_bit_that_sticks(cell: int, bit: int, level: int) -> None:
    assert march(StuckBit(cell, bit, level)) > 0


@given(by=st.tuples(CELLS, BITS), cell=CELLS, rising=st.booleans(), flips=st.booleans())
def test_cells_that_follow_each_other(by: tuple[int, int], cell: int, rising: bool, flips: bool) -> None:
    if cell != by[0]:
        assert march(Coupled(by, (cell, by[1]), rising, flips)) > 0


@given(alias=CELLS, cell=CELLS)
def test_addresses_that_lead_to_one_cell(alias: int, cell: int) -> None:
    if alias != cell:
        assert march(WrongAddress(alias, cell)) > 0


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quick_limits(tmp_path_factory.mktemp("limits"))


def boots(limits: Path, scratch: int, dead: bool = False) -> Run:
    """A device at power-up, with what the watchdog's scratch register holds; a dead watchdog never resets."""
    with Rig(limits) as rig:
        platform = rig.platform
        assert isinstance(platform, UnixPlatform)
        platform.scratch = scratch
        if dead:
            platform.watchdog_dead = True
        rig.run_for(2_500_000)
        return rig.result()


def test_a_device_proves_its_watchdog_once_after_power_up(quick: Path) -> None:
    run = boots(quick, 0)
    assert [reason for _, reason in run.resets] == ["watchdog"]
    assert run.state == SAFE
    assert boots(quick, PROVEN).resets == ()


def test_a_watchdog_that_never_resets_inhibits_the_start(quick: Path) -> None:
    run = boots(quick, 0, dead=True)
    assert (run.resets, run.state, run.cause >> 8) == ((), TRIPPED, 34)
    assert run.bursts(0) == run.bursts(1) == []


def test_a_reset_by_something_else_is_no_proof(quick: Path) -> None:
    """The trace of a test that began, and no reset by the timer: the proof is begun anew."""
    assert [reason for _, reason in boots(quick, TESTING).resets] == ["watchdog"]
