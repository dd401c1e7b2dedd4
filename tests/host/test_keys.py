"""Keys on this computer: found, made, or refused with one line that never quotes what a file holds."""

import os
import re
from pathlib import Path

import pytest

from sonofuse import keys
from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError

CHIP = bytes.fromhex("e6614103e7452d2f")
KEY = bytes.fromhex("5f" * 31 + "a0")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def key_file(path: Path, content: bytes = KEY.hex().encode() + b"\n", mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def refused(code: int, said: str, chip: bytes, given: Path | None) -> None:
    with pytest.raises(CommandError, match=re.escape(said)) as caught:
        keys.find(chip, given)
    text = str(caught.value)
    assert caught.value.code == code and "\n" not in text
    assert KEY.hex()[:16] not in text.lower() and caught.value.__cause__ is None


def test_one_that_is_made_is_found_again_and_nobody_else_may_read_it(home: Path) -> None:
    before = os.umask(0)
    try:
        made = keys.make(CHIP)
    finally:
        os.umask(before)
    kept = home / "config" / "sonofuse" / "keys" / "e6614103e7452d2f.key"
    assert kept == keys.place(CHIP)
    assert (len(made), kept.read_text(encoding="utf-8")) == (32, made.hex() + "\n")
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name], "nothing is left beside it"
    assert keys.find(CHIP, None) == made
    assert keys.make(bytes(8)) != made


def test_none_is_ever_made_in_place_of_another() -> None:
    made = keys.make(CHIP)
    with pytest.raises(CommandError, match="File exists") as caught:
        keys.make(CHIP)
    assert caught.value.code == ENVIRONMENT
    assert keys.find(CHIP, None) == made


def test_the_file_that_is_given_counts_and_not_the_one_that_is_kept(tmp_path: Path) -> None:
    keys.make(CHIP)
    assert keys.find(CHIP, key_file(tmp_path / "mine")) == KEY
    assert keys.find(CHIP, key_file(tmp_path / "upper", KEY.hex().upper().encode())) == KEY
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "mine")
    assert keys.find(CHIP, link) == KEY


def test_keys_are_where_the_base_directory_specification_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for relative in ("", "config"):
        monkeypatch.setenv("XDG_CONFIG_HOME", relative)
        assert keys.place(CHIP).parent == tmp_path / ".config" / "sonofuse" / "keys"


def test_without_a_key_it_says_where_it_looked() -> None:
    refused(ENVIRONMENT, "no key for the device e6614103e7452d2f", CHIP, None)
    refused(ENVIRONMENT, f"{keys.place(CHIP)} is missing", CHIP, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has 0 hexadecimal digits; a key has 64"),
        (KEY.hex()[:-1].encode(), "has 63 hexadecimal digits; a key has 64"),
        (KEY.hex().encode() + b"0\n", "has 65 hexadecimal digits; a key has 64"),
        (KEY.hex()[:-1].encode() + b"g", "is no key"),
        (b"0x" + KEY.hex().encode(), "is no key"),
        (KEY.hex().encode() + b"\n" + KEY.hex().encode(), "is no key"),
        (KEY, "is no key"),
        (KEY.hex().encode() * 100, "is no key"),
    ],
    ids=["empty", "short", "long", "no hex", "0x", "two", "raw", "huge"],
)
def test_a_file_that_holds_no_key(tmp_path: Path, content: bytes, said: str) -> None:
    refused(BAD_INPUT, said, CHIP, key_file(tmp_path / "k", content))
    key_file(keys.place(CHIP), content)
    refused(BAD_INPUT, said, CHIP, None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
def test_a_file_that_others_may_read_or_change(tmp_path: Path, mode: int) -> None:
    refused(BAD_INPUT, f"(mode {mode:o}); chmod 600 it", CHIP, key_file(tmp_path / "k", mode=mode))


def test_what_is_no_file(tmp_path: Path) -> None:
    refused(BAD_INPUT, f"{tmp_path}: is a folder", CHIP, tmp_path)
    refused(BAD_INPUT, "/dev/null: is no file", CHIP, Path("/dev/null"))
    os.mkfifo(tmp_path / "pipe", 0o600)
    refused(BAD_INPUT, "pipe: is no file", CHIP, tmp_path / "pipe")
    refused(ENVIRONMENT, "nowhere: the key cannot be read (No such file or directory)", CHIP, tmp_path / "nowhere")


def test_the_key_itself_instead_of_a_file_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused(BAD_INPUT, "--key takes the name of a file, not the key", CHIP, Path(KEY.hex()))
    monkeypatch.chdir(tmp_path)
    named = key_file(Path(KEY.hex()))
    assert keys.find(CHIP, named) == KEY, "a file may be called so"


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    (home / "config").write_text("a file\n", encoding="utf-8")
    with pytest.raises(CommandError, match=re.escape("cannot be written (Not a directory)")) as caught:
        keys.make(CHIP)
    assert caught.value.code == ENVIRONMENT


def test_no_folder_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setattr(Path, "home", nowhere)
    refused(ENVIRONMENT, "there is no home folder to keep keys in", CHIP, None)
