"""What is done about a device's key, decided from what is there, and in which order it is done."""

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from sonofuse import keys
from sonofuse.console import CommandError
from sonofuse.image import device_key
from sonofuse.image.target import Target

CHIP, KEY = bytes(range(8)), bytes(range(100, 132))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this computer keeps the key of CHIP."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return keys.place(CHIP)


def seen(files: tuple[str, ...] = (), key: bytes | None = None) -> dict[str, Any]:
    """What a board says of itself."""
    return {"chip": CHIP.hex(), "files": list(files), "key": "" if key is None else hashlib.sha256(key).hexdigest()}


class Board:
    """Stands for a port: the files of a board, and what was done in which order."""

    port = "port"

    def __init__(self) -> None:
        self.done: list[str] = []
        self.files: dict[str, bytes] = {}

    def do(self, function: str, *arguments: str) -> None:
        self.done.append(" ".join((function, *arguments)))

    def write(self, path: str, data: bytes) -> None:
        self.done.append(f"write {path}")
        self.files[path] = data

    def ask(self, function: str, path: str) -> str:
        self.done.append(f"{function} {path}")
        return hashlib.sha256(self.files[path]).hexdigest()


def carried_out(todo: device_key.Todo) -> Board:
    board = Board()
    device_key.carry_out(cast("Target", board), todo)
    return board


def test_a_new_key_is_written_beside_the_old_one_read_back_and_renamed(kept: Path) -> None:
    todo = device_key.plan(seen(("key.bin",), KEY), None, new_key=True)
    board = carried_out(todo)
    assert board.done == ["write /key.new", "digest /key.new", "os.rename /key.new /key.bin"]
    assert (todo.what, todo.make, todo.sends) == (device_key.REPLACED, True, True)
    assert board.files["/key.new"] == keys.find(CHIP, None) != KEY


@pytest.mark.parametrize("files", [("key.new",), ("key.new", "key.bin")])
def test_what_a_cut_left_behind_is_removed(files: tuple[str, ...]) -> None:
    made = keys.make(CHIP)
    todo = device_key.plan(seen(files, made if "key.bin" in files else None), None, new_key=False)
    board = carried_out(todo)
    assert not todo.nothing and board.done[0] == "remove /key.new"
    assert len(board.done) == (1 if "key.bin" in files else 4)


def test_what_the_firmware_takes_for_no_key_gives_way_to_one() -> None:
    """A file of another length, or a folder of that name: nothing is lost with it, so --new-key is not needed."""
    todo = device_key.plan(seen(("key.bin",)), None, new_key=False)
    assert (todo.what, todo.make, todo.clear) == (device_key.WRITTEN, True, ("key.bin",))
    assert carried_out(todo).done[0] == "remove /key.bin"


def test_a_board_that_has_its_key_is_left_alone() -> None:
    todo = device_key.plan(seen(("key.bin",), keys.make(CHIP)), None, new_key=True)
    assert todo.nothing and not todo.sends and carried_out(todo).done == []


def test_nothing_is_made_by_planning_or_in_vain(kept: Path) -> None:
    device_key.plan(seen(), None, new_key=False)
    with pytest.raises(CommandError, match="this computer none for it"):
        device_key.plan(seen(("key.bin",), KEY), None, new_key=False)
    assert not kept.exists()


def test_the_record_of_what_is_to_be_done_does_not_hold_the_key() -> None:
    made = keys.make(CHIP)
    for todo in (device_key.plan(seen(), None, new_key=False), device_key.plan(seen((), None), None, new_key=True)):
        assert made.hex() not in repr(todo) and repr(made) not in repr(todo) and made not in vars(todo).values()
