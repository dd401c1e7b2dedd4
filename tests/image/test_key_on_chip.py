"""The key that `sonofuse flash` puts onto an emulated chip: whole or not at all, and never in what it says."""

import base64
import random
from functools import partial
from pathlib import Path

import pytest

from sonofuse.image import image as images
from sonofuse.layout import Constants
from sonofuse.limits import SHIPPED
from sonofuse_hil.platforms.rp2040.console import Console

from .boards import Board, Ended, files, installed, small, sonofuse
from .journal import journal

CUTS = 100
KEY_FILE = "key.bin"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("key")
    return small(sonofuse("build", SHIPPED, "-o", folder / "image"), folder / "small")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command keeps keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "sonofuse" / "keys"


def only(folder: Path) -> tuple[Path, bytes]:
    """The one key file in a folder, and its key."""
    (file,) = folder.iterdir()
    return file, bytes.fromhex(file.read_text(encoding="utf-8"))


def silent_about(ended: Ended, *keys: bytes) -> None:
    said = ended.out + ended.err
    for key in keys:
        for text in (key.hex(), key.hex().upper(), key.decode("latin-1"), repr(key)[2:-1]):
            assert text not in said
        assert base64.b64encode(key).decode() not in said


def held(storages: list[bytes]) -> set[bytes | None]:
    """What boards have as their key that were cut off; None is nothing that the firmware takes for one."""
    found = {files(storage).get(KEY_FILE) for storage in storages}
    assert all(key is None or len(key) == Constants("authority.py").KEY_BYTES for key in found)
    return found


def test_a_key_is_made_and_replaced_whole_or_not_at_all(chip_image: Path, image: Path, kept: Path) -> None:
    board = Board(chip_image, installed(images.read(image)))
    with journal(board.chip) as written:
        ended = board.flash(image, "--json")
    assert (ended.code, ended.err, ended.data["key"], ended.data["written"]) == (0, "", "written", [])
    file, first = only(kept)
    assert file.name == f"{ended.data['chip']}.key"
    silent_about(ended, first)
    assert board.files()[KEY_FILE] == first
    assert held(written.cuts(1, CUTS)) == {None, first}

    file.unlink()
    with journal(board.chip) as written:
        ended = board.flash(image, "--new-key", "--json")
    assert (ended.code, ended.data["key"], ended.data["key_made"]) == (0, "replaced", True)
    _, second = only(kept)
    silent_about(ended, first, second)
    assert board.files()[KEY_FILE] == second != first
    assert held(written.cuts(2, CUTS)) == {first, second}
    assert set(board.files()) & {"key.new"} == set()


def until(console: Console, sent: int) -> bool:
    """Whether fewer bytes than that have gone to the board."""
    return console.sent < sent


@pytest.mark.slow
def test_unplugged_after_any_byte_the_next_run_mends_it(chip_image: Path, image: Path, kept: Path) -> None:
    whole = installed(images.read(image))
    board = Board(chip_image, whole)
    assert board.flash(image).code == 0
    file, _ = only(kept)
    file.unlink()
    most, before = board.console.sent, board.stored()
    old = board.files()[KEY_FILE]
    for sent in sorted(random.Random(6).sample(range(most - 2_000, most), 12)):
        board = Board(chip_image, before)
        ended = board.flash(image, "--new-key", going=partial(until, board.console, sent))
        assert (ended.code, ended.err.count("\n")) in ((3, 1), (0, 0))
        made = {only(kept)[1]} if file.exists() else set[bytes]()
        silent_about(ended, old, *made)
        assert held([board.stored()]) <= {old, *made}
        mended = Board(chip_image, board.stored())
        assert mended.flash(image, "--new-key").code == 0
        assert mended.files()[KEY_FILE] == only(kept)[1] and "key.new" not in mended.files()
        file.unlink()
