"""`sonofuse flash` and the key of a device: what it would do, what it refuses, and that no key is ever shown."""

import base64
import hashlib
import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sonofuse.cli import main
from sonofuse.image.build import build_image
from sonofuse.limits import SHIPPED
from tests.image.fakes import PICO, port

from .command import Ended

CHIP = str(PICO["look"]["chip"])
KEY = bytes(range(65, 97))  # a program would take it for a name
WRITES = {"receive", "copy", "remove", "make", "reserve", "erase", "os.rename"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    for name, data in build_image(SHIPPED).flat().items():
        (folder / name).write_bytes(data)
    return folder


def device(key: bytes | None, **more: Any) -> dict[str, Any]:
    """What a board answers that has this key, or none."""
    files = [] if key is None else ["key.bin"]
    digest = "" if key is None else hashlib.sha256(key).hexdigest()
    return PICO | {"look": PICO["look"] | {"files": files, "key": digest}} | more


def key_file(path: Path, key: bytes = KEY, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key.hex() + "\n", encoding="utf-8")
    path.chmod(mode)
    return path


def kept(folder: Path) -> Path:
    return folder / "config" / "sonofuse" / "keys" / f"{CHIP}.key"


def flash(folder: Path, image: Path, answers: dict[str, Any], *arguments: str | Path) -> tuple[Ended, set[str]]:
    """How it ended, and which functions that write were called on the board; no key is in what it said."""
    out, err = StringIO(), StringIO()
    with port(answers) as board, pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.chdir(folder)
        code = main(["flash", str(image), "--port", board.name, *map(str, arguments)])
    ended = Ended(code, out.getvalue(), err.getvalue())
    said = (ended.out + ended.err).lower()
    for key in (KEY, *(bytes.fromhex(file.read_text(encoding="utf-8")) for file in folder.rglob("*.key"))):
        for written in (key.hex(), key.decode("latin-1"), repr(key)[2:-1], base64.b64encode(key).decode()):
            assert written.lower() not in said
    return ended, WRITES & set(board.calls)


def dry(folder: Path, image: Path, answers: dict[str, Any], *arguments: str | Path) -> Ended:
    ended, wrote = flash(folder, image, answers, "--dry-run", *arguments)
    assert wrote == set()
    return ended


def what(ended: Ended) -> tuple[Any, Any, Any]:
    assert (ended.code, ended.err) == (0, "")
    return ended.data["key"], ended.data["key_made"], ended.data["key_file"]


def one_line(ended: Ended, code: int, said: str) -> None:
    assert (ended.code, ended.out) == (code, ""), ended
    assert said in ended.err and ended.err.count("\n") == 1, ended.err


def test_a_key_would_be_made_and_is_not(tmp_path: Path, image: Path) -> None:
    ended = dry(tmp_path, image, device(None), "--json")
    assert what(ended) == ("written", True, str(kept(tmp_path)))
    assert ended.data["chip"] == CHIP
    said = dry(tmp_path, image, device(None)).out
    assert f"the device's key would be written: {kept(tmp_path)}\n  that file would be made" in said
    assert not (tmp_path / "config").exists()


def test_the_one_that_is_kept_here_or_given(tmp_path: Path, image: Path) -> None:
    mine = key_file(tmp_path / "mine.key", bytes(32))
    key_file(kept(tmp_path))
    assert what(dry(tmp_path, image, device(None), "--json")) == ("written", False, str(kept(tmp_path)))
    assert what(dry(tmp_path, image, device(KEY), "--json")) == ("kept", False, str(kept(tmp_path)))
    assert what(dry(tmp_path, image, device(bytes(32)), "--json", "--key", mine)) == ("kept", False, str(mine))


def test_another_key_on_the_device_stays_unless_it_is_meant(tmp_path: Path, image: Path) -> None:
    mine = key_file(tmp_path / "mine.key")
    other = device(bytes(32))
    one_line(dry(tmp_path, image, other, "--key", mine), 2, f"the device {CHIP} has another key than {mine}: name")
    assert what(dry(tmp_path, image, other, "--key", mine, "--new-key", "--json")) == ("replaced", False, str(mine))
    one_line(dry(tmp_path, image, other), 2, f"has a key, and this computer none for it ({kept(tmp_path)} is missing)")
    assert what(dry(tmp_path, image, other, "--new-key", "--json")) == ("replaced", True, str(kept(tmp_path)))
    key_file(kept(tmp_path))
    one_line(dry(tmp_path, image, other), 2, "has another key than")


def test_a_key_file_that_cannot_be_trusted(tmp_path: Path, image: Path) -> None:
    open_to_all = key_file(tmp_path / "open.key", mode=0o644)
    one_line(dry(tmp_path, image, device(None), "--key", open_to_all), 2, "others may read this key")
    short = key_file(tmp_path / "short.key", KEY[:-1])
    one_line(dry(tmp_path, image, device(None), "--key", short), 2, "has 62 hexadecimal digits; a key has 64")
    one_line(dry(tmp_path, image, device(None), "--key", tmp_path), 2, "is a folder")
    one_line(dry(tmp_path, image, device(None), "--key", "nowhere.key"), 3, "nowhere.key: the key cannot be read")
    one_line(dry(tmp_path, image, device(None), "--key", KEY.hex()), 2, "takes the name of a file, not the key")
    ended = dry(tmp_path, image, device(None), "--json", "--key", open_to_all)
    assert "others may read" in json.loads(ended.out)["error"]


def test_a_board_that_takes_the_key_for_a_program_does_not_make_us_say_it(tmp_path: Path, image: Path) -> None:
    mine = key_file(tmp_path / "mine.key")
    answers = device(None, receive={"raise": f"NameError: name '{KEY.decode()}' isn't defined"})
    ended, wrote = flash(tmp_path, image, answers, "--key", mine)
    one_line(ended, 1, "the board could not do it (NameError)")
    assert wrote == {"receive"}, "and nothing was written after it"


def test_a_key_that_cannot_be_kept_here_is_not_put_on_the_device(tmp_path: Path, image: Path) -> None:
    (tmp_path / "config").write_text("in the way\n", encoding="utf-8")
    ended, wrote = flash(tmp_path, image, device(None))
    one_line(ended, 3, f"{kept(tmp_path)}: the new key cannot be written (Not a directory)")
    assert wrote == set()


def test_what_does_not_read_back_is_not_put_in_place(tmp_path: Path, image: Path) -> None:
    mine = key_file(tmp_path / "mine.key")
    ended, wrote = flash(tmp_path, image, device(None, digest="00" * 32), "--key", mine)
    one_line(ended, 1, "the key does not read back; run this again")
    assert wrote == {"receive"}
