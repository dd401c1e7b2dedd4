"""`sonofuse build` and `sonofuse flash` with wrong input and at wrong ports: one line that says what to do, and why."""

import fcntl
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from sonofuse.image.build import build_image
from sonofuse.limits import SHIPPED
from tests.image.fakes import PICO, port
from tests.image.uf2s import RP2350, TEXT, uf2

from .command import Ended, sonofuse, start


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    for name, data in build_image(SHIPPED).flat().items():
        (folder / name).write_bytes(data)
    return folder


def one_line(ended: Ended, code: int, said: str) -> None:
    assert (ended.code, ended.out) == (code, ""), ended
    assert said in ended.err and ended.err.count("\n") == 1, ended.err


def other(function: str, **changed: Any) -> dict[str, Any]:
    return PICO | {function: PICO[function] | changed}


def test_an_image_that_is_none_or_damaged(tmp_path: Path, image: Path) -> None:
    one_line(sonofuse(tmp_path, "flash", "nowhere"), 2, "nowhere/manifest.txt: cannot be read")
    for name in ("kernel.mpy", "manifest.txt"):
        damaged = tmp_path / name / "image"
        damaged.mkdir(parents=True)
        for path in image.iterdir():
            (damaged / path.name).write_bytes(path.read_bytes() + b"\n" * (path.name == name))
        one_line(sonofuse(tmp_path, "flash", str(damaged), "--port", "/dev/null"), 2, f"{name}: ")
        assert sonofuse(tmp_path, "flash", str(damaged), "--json").data["exit_code"] == 2


def test_a_port_that_is_missing_none_or_busy(tmp_path: Path, image: Path) -> None:
    one_line(sonofuse(tmp_path, "flash", str(image), "--port", "/dev/nowhere"), 3, "no such port")
    one_line(sonofuse(tmp_path, "flash", str(image), "--port", "/dev/null"), 3, "is no serial port")
    with port(PICO) as taken:
        mine = os.open(taken.name, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(mine, fcntl.LOCK_EX)
        one_line(sonofuse(tmp_path, "flash", str(image), "--port", taken.name), 3, "used by another program")
        os.close(mine)
        assert taken.calls == []


def test_without_a_port_one_board_is_looked_for(tmp_path: Path, image: Path) -> None:
    ended = sonofuse(tmp_path, "flash", str(image))
    assert ended.code == 3
    assert "name its --port" in ended.err or "name one with --port" in ended.err


def test_nobody_answers(tmp_path: Path, image: Path) -> None:
    with port(None) as silent:
        one_line(
            sonofuse(tmp_path, "flash", str(image), "--port", silent.name), 3, "close the service jumper and reset"
        )


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        (other("identify", name="circuitpython"), 2, "circuitpython, not MicroPython"),
        (other("identify", machine="Raspberry Pi Pico2 with RP2350"), 2, "the image is for an rp2040"),
        (other("identify", version=[1, 24, 1]), 2, "MicroPython 1.24.1 on the board is too old"),
        (other("identify", mpy=4870), 0, ""),
        (other("identify", mpy=7), 2, "does not load .mpy files of version 6.3"),
        (other("identify", mpy=4870 & ~0x300 | 0x200), 2, "does not load .mpy files of version 6.3"),
        (other("look", high=3), 1, "the permit is not low"),
        (other("look", files=["boot.py"]), 2, "boot.py"),
        (other("look", files=["main.py"], loader=b"blink()\n".hex()), 2, "another program"),
        (PICO | {"import": {"raise": "MemoryError: memory allocation failed"}}, 1, "MemoryError"),
        (PICO | {"digests": {"raise": "OSError: 28"}}, 3, "file system is full"),
        (PICO | {"digests": {"unplug": True}}, 3, "still runs what it ran before"),
    ],
    ids=[
        "CircuitPython", "other chip", "old", "right", "other bytecode", "other native code", "permit high", "boot.py",
        "other program", "no memory", "full", "unplugged",
    ],
)  # fmt: skip
def test_a_board_that_does_not_suit(tmp_path: Path, image: Path, answers: dict[str, Any], code: int, said: str) -> None:
    with port(answers) as board:
        ended = sonofuse(tmp_path, "flash", str(image), "--port", board.name, "--dry-run")
    if code:
        one_line(ended, code, said)
    else:
        assert (ended.code, ended.err) == (0, "")
    assert not set(board.calls) & {"receive", "copy", "remove", "reserve", "erase", "os.rename"}


def test_an_image_for_another_board_needs_to_be_meant(tmp_path: Path, image: Path) -> None:
    installed = build_image(SHIPPED)
    theirs = (image / "manifest.txt").read_bytes().replace(b"board rev_a", b"board rev_x")
    theirs = sealed(theirs)
    answers = PICO | {
        "look": PICO["look"] | {"files": ["a", "main.py"], "loader": installed.loader_for("/a").hex()},
        "digests": {"manifest.txt": "other"},
        "content": theirs.hex(),
    }
    with port(answers) as board:
        ended = sonofuse(tmp_path, "flash", str(image), "--port", board.name, "--dry-run")
    one_line(ended, 2, "is for the board rev_a, what is installed is for rev_x: use --replace")
    with port(answers) as board:
        ended = sonofuse(tmp_path, "flash", str(image), "--port", board.name, "--dry-run", "--replace", "--json")
    assert (ended.code, ended.data["folder"], ended.data["dry_run"]) == (0, "/b", True)


def sealed(manifest: bytes) -> bytes:
    body = manifest[: manifest.rindex(b"end ")]
    return body + f"end {hashlib.sha256(body).hexdigest()}\n".encode()


# ---- a blank board


def test_an_interpreter_is_copied_onto_the_drive_of_a_blank_board(tmp_path: Path, image: Path) -> None:
    drive = tmp_path / "RPI-RP2"
    drive.mkdir()
    (drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n")
    (tmp_path / "pico.uf2").write_bytes(uf2())
    arguments = ("flash", str(image), "--uf2", "pico.uf2", "--drive", str(drive), "--json")
    with start(tmp_path, *arguments) as process:
        while not (drive / "pico.uf2").exists() and process.poll() is None:
            time.sleep(0.05)
        (drive / "INFO_UF2.TXT").unlink()  # the board has taken it, and starts it
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == {"drive": str(drive), "micropython": "1.28.0", "started": True}
    assert (drive / "pico.uf2").read_bytes() == uf2()


@pytest.mark.parametrize(
    ("data", "board_id", "code", "said"),
    [
        (uf2(family=RP2350), "RPI-RP2", 2, "family"),
        (b"no UF2", "RPI-RP2", 2, "not a UF2 file"),
        (uf2(TEXT.replace(b"1.28", b"1.20")), "RPI-RP2", 2, "1.20.0"),
        (uf2(), "RP2350", 3, "hold BOOTSEL"),
        (uf2(), "", 3, "hold BOOTSEL"),
    ],
    ids=["other chip", "no UF2", "old", "drive of another chip", "no drive"],
)
def test_a_wrong_interpreter_or_drive(
    tmp_path: Path, image: Path, data: bytes, board_id: str, code: int, said: str
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    if board_id:
        (drive / "INFO_UF2.TXT").write_text(f"Board-ID: {board_id}\n")
    (tmp_path / "pico.uf2").write_bytes(data)
    ended = sonofuse(tmp_path, "flash", str(image), "--uf2", "pico.uf2", "--drive", str(drive))
    one_line(ended, code, said)
    assert not (drive / "pico.uf2").exists()


def test_build_refuses_a_wrong_interpreter_before_it_writes_anything(tmp_path: Path) -> None:
    (tmp_path / "pico.uf2").write_bytes(uf2(family=RP2350))
    one_line(sonofuse(tmp_path, "build", "bone_metastasis", "-o", "out", "--uf2", "pico.uf2"), 2, "family")
    assert not (tmp_path / "out").exists()


def test_build_writes_an_image_that_names_its_interpreter(tmp_path: Path) -> None:
    (tmp_path / "pico.uf2").write_bytes(uf2())
    ended = sonofuse(tmp_path, "build", "bone_metastasis", "-o", "out", "--uf2", "pico.uf2", "--json")
    assert ended.code == 0
    assert ended.data["image"]["interpreter_sha256"] is not None
    names = {line.split()[-1] for line in (tmp_path / "out/manifest.txt").read_text().splitlines() if "file" in line}
    assert names | {"manifest.txt", "limits.json"} == {path.name for path in (tmp_path / "out").iterdir()}
