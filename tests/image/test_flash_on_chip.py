"""`sonofuse flash` against an emulated chip, through a pseudo-terminal: from blank, again, and as an upgrade."""

import random
from pathlib import Path

import pytest

from sonofuse.image import image as images
from sonofuse.image import latch
from sonofuse.image.cross import cross_compile
from sonofuse.image.image import Image
from sonofuse.limits import SHIPPED
from sonofuse_firmware.states import TRIPPED
from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.flash import STORAGE_AT

from .boards import Board, boot, files, installed, runs, small, sonofuse
from .journal import journal

CUTS = 50
CONFIGURATION = 38  # firmware/checks.py


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sonofuse("build", SHIPPED, "-o", tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    limits = folder / "limits.toml"
    limits.write_text(SHIPPED.read_text(encoding="utf-8").replace('"41 degC"', '"40.5 degC"'), encoding="utf-8")
    return sonofuse("build", limits, "-o", folder / "image")


@pytest.fixture(scope="module")
def pair(old: Path, new: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same two without their large files, for what does not run them: simulated writing is slow."""
    folder = tmp_path_factory.mktemp("small")
    return small(old, folder / "old"), small(new, folder / "new")


def blocks_of(board: Board) -> tuple[int, ...]:
    return latch.blocks(board.files()[latch.RECORD])


def touched(board: Board) -> set[int]:
    """Blocks of the file system that were programmed or erased."""
    return {(at - STORAGE_AT) // latch.BLOCK for _, at in board.chip.flash.operations}


def old_or_new(storages: list[bytes], *images: Image) -> set[int | None]:
    """Which images boards run that were cut off; None is a board without a loader, at its prompt."""
    seen: set[int | None] = set()
    for storage in storages:
        found = files(storage)
        seen.add(runs(found, *images) if "main.py" in found else None)
        assert "main.py" not in found or runs(found, *images) is not None
    return seen


@pytest.mark.slow
def test_from_blank_again_and_as_an_upgrade(chip_image: Path, pair: tuple[Path, Path]) -> None:
    old, new = pair
    first, second = images.read(old), images.read(new)
    board = Board(chip_image)

    planned = board.flash(old, "--dry-run", "--json")
    assert (planned.code, planned.data["dry_run"], planned.data["changed"]) == (0, True, True)
    assert board.chip.flash.operations == []

    with journal(board.chip) as written:
        ended = board.flash(old, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert (ended.data["folder"], ended.data["changed"], ended.data["latch_reserved"]) == ("/a", True, True)
    assert ended.data["written"] == planned.data["written"] == list(first.files)
    assert runs(board.files(), first) == 0
    assert old_or_new(written.cuts(1, CUTS), first) <= {None, 0}

    blocks = blocks_of(board)
    for number in blocks:
        at = STORAGE_AT + number * latch.BLOCK
        assert board.chip.mcu.flash[at : at + latch.BLOCK] == latch.BLANK
        board.chip.mcu.flash[at : at + 8] = b"a record"

    board.chip.flash.operations.clear()
    again = board.flash(old, "--json")
    assert (again.code, again.data["changed"], again.data["written"]) == (0, False, [])
    assert board.chip.flash.operations == []

    with journal(board.chip) as written:
        upgraded = board.flash(new, "--json")
    assert (upgraded.code, upgraded.data["ran_before"], upgraded.data["folder"]) == (0, "/a", "/b")
    assert set(upgraded.data["written"]) == {"limits.bin", "manifest.txt"}
    assert runs(board.files(), first, second) == 1
    assert 0 in old_or_new(written.cuts(2, CUTS), first, second) <= {0, 1}
    assert old_or_new([written.after(len(written.operations), 0)], first, second) == {1}
    assert blocks_of(board) == blocks and not touched(board) & set(blocks)
    for number in blocks:
        assert board.chip.mcu.flash[STORAGE_AT + number * latch.BLOCK :][:8] == b"a record"


@pytest.mark.slow
def test_cut_off_in_the_middle_it_says_so_runs_the_old_set_and_is_cured(chip_image: Path, old: Path, new: Path) -> None:
    first, second = images.read(old), images.read(new)
    board = Board(chip_image, installed(first))
    ended = board.flash(new, going=lambda: len(board.chip.flash.operations) < 60)
    assert ended.code == 3 and ended.err.count("\n") == 1
    assert "still runs what it ran before" in ended.err
    assert runs(board.files(), first, second) == 0
    assert boot(chip_image, board.stored())[1] >> 8 != CONFIGURATION
    cured = Board(chip_image, board.stored())
    assert cured.flash(new).code == 0
    assert runs(cured.files(), first, second) == 1


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_after_every_cut_the_firmware_itself_finds_a_whole_set(
    chip_image: Path, old: Path, new: Path, part: int
) -> None:
    first, second = images.read(old), images.read(new)
    board = Board(chip_image, installed(first))
    with journal(board.chip) as written:
        assert board.flash(new).code == 0
    storages = written.cuts(3, CUTS)
    assert old_or_new(storages, first, second) <= {0, 1}
    for storage in storages[part::5]:
        assert boot(chip_image, storage)[1] >> 8 != CONFIGURATION


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_after_every_cut_a_further_run_cures_it(chip_image: Path, pair: tuple[Path, Path], part: int) -> None:
    first, second = (images.read(folder) for folder in pair)
    for before, image, folder in ((None, first, pair[0]), (first, second, pair[1])):
        board = Board(chip_image) if before is None else Board(chip_image, installed(before))
        with journal(board.chip) as written:
            assert board.flash(folder).code == 0
        for storage in written.cuts(4, CUTS)[part::5]:
            cured = Board(chip_image, storage)
            assert cured.flash(folder).code == 0
            assert runs(cured.files(), image) == 0


@pytest.fixture(scope="module")
def bytes_of_an_upgrade(chip_image: Path, pair: tuple[Path, Path]) -> int:
    """How many bytes the host sends in the course of one."""
    board = Board(chip_image, installed(images.read(pair[0])))
    assert board.flash(pair[1]).code == 0
    return board.console.sent


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_unplugged_after_any_byte(
    chip_image: Path, pair: tuple[Path, Path], bytes_of_an_upgrade: int, part: int
) -> None:
    first, second = (images.read(folder) for folder in pair)
    for sent in random.Random(5).sample(range(1, bytes_of_an_upgrade), CUTS)[part::5]:
        board = Board(chip_image, installed(first))
        ended = board.flash(pair[1], going=lambda board=board, sent=sent: board.console.sent < sent)
        assert (ended.code, ended.err.count("\n")) == (3, 1) or (ended.code, ended.err) == (0, "")
        ran = runs(board.files(), first, second)
        assert ran is not None and (ended.code or ran == 1)
        cured = Board(chip_image, board.stored())
        assert cured.flash(pair[1]).code == 0
        assert runs(cured.files(), first, second) == 1


def test_a_running_monitor_does_not_answer(chip_image: Path, old: Path) -> None:
    board = Board(chip_image, installed(images.read(old)), service=False)
    ended = board.flash(old)
    assert (ended.code, ended.out, board.chip.flash.operations) == (3, "", [])
    assert "close the service jumper" in ended.err and ended.err.count("\n") == 1


@pytest.mark.parametrize(
    "source",
    [pytest.param(b"while True:\n    pass\n", id="hangs"), pytest.param(None, id="is no .mpy", marks=pytest.mark.slow)],
)
def test_a_broken_set_leaves_the_prompt_to_the_service_jumper(
    chip_image: Path, pair: tuple[Path, Path], source: bytes | None
) -> None:
    image = images.read(pair[0])
    broken = b"\0" * 300 if source is None else cross_compile("start.py", source, "armv6m")
    board = Board(chip_image, filesystem.build({**image.on_device(), "a/start.mpy": broken}))
    ended = board.flash(pair[0], "--dry-run", "--json")
    assert (ended.code, ended.data["folder"], ended.data["changed"]) == (0, "/b", True)


@pytest.mark.slow
def test_the_interpreter_in_the_flash_is_checked_too(chip_image: Path, old: Path, tmp_path: Path) -> None:
    bound = sonofuse("build", SHIPPED, "--uf2", chip_image, "-o", tmp_path / "bound")
    board = Board(chip_image, installed(images.read(old)))
    assert board.flash(bound).code == 0
    assert boot(chip_image, board.stored())[1] >> 8 != CONFIGURATION
    assert boot(chip_image, board.stored(), flip=0x41700) == (TRIPPED, CONFIGURATION << 8 | 255)

    other = Board(chip_image, installed(images.read(old)))
    other.chip.mcu.flash[0x41700] ^= 1  # in a text of the C library that nobody reads
    ended = other.flash(bound)
    assert (ended.code, other.chip.flash.operations) == (2, [])
    assert "another MicroPython" in ended.err
