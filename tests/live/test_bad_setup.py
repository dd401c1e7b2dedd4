"""`sonofuse monitor` with a key, a folder, a file or a page that cannot be used, or a second time: one line says so."""

import os
import pty
import select
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED
from sonofuse.live.sessions.schema import STEPS
from sonofuse.live.watch import NO_KEY
from tests.live.monitor_command import beside, command, interrupted, mortal, refused
from tests.live.stage import LONG_S, Stage, stage

NOWHERE = ("--headless", "--port", "/dev/null")
TREATMENT = ("--session", "P-7K3M-Q2/1")


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


# ---- keys


@pytest.mark.parametrize(
    ("holds", "mode", "code", "line"),
    [
        (None, 0o600, ENVIRONMENT, "FILE: the key cannot be read (No such file or directory); name a file with 64"),
        ("zz" * 32, 0o600, BAD_INPUT, "FILE: is no key; a key is 64 hexadecimal digits and nothing else"),
        ("ab" * 20, 0o600, BAD_INPUT, "FILE: has 40 hexadecimal digits; a key has 64"),
        ("ab" * 32, 0o644, BAD_INPUT, "FILE: others may read this key or change it (mode 644); chmod 600 it, or make"),
    ],
)
def test_a_key_that_cannot_be_used(tmp_path: Path, holds: str | None, mode: int, code: int, line: str) -> None:
    key = tmp_path / "device.key"
    if holds is not None:
        key.write_text(holds, encoding="ascii")
        key.chmod(mode)
    ended = refused(tmp_path, *NOWHERE, "--key", str(key))
    assert ended.code == code
    assert ended.last.startswith(f"sonofuse: {line.replace('FILE', str(key))}")


def test_a_key_that_one_may_not_read(tmp_path: Path) -> None:
    key = tmp_path / "device.key"
    key.write_text("ab" * 32, encoding="ascii")
    key.chmod(0)
    with command(tmp_path, *NOWHERE, "--key", str(key), before=mortal) as running:
        ended = running.ended()
    assert (ended.code, ended.err.count("\n")) == (ENVIRONMENT, 1)
    assert ended.last.startswith(f"sonofuse: {key}: the key cannot be read (Permission denied); name a file")


def test_without_a_key_one_can_watch(on_stage: Stage, tmp_path: Path) -> None:
    arguments = beside(on_stage, tmp_path)[:-2]
    with command(tmp_path, "--headless", *arguments) as running:
        running.until("TRIPPED    connected")
        running.until_said(f"sonofuse: {NO_KEY}; without it one can watch and STOP, and nothing else")
        interrupted(running)


def test_with_a_wrong_key_the_device_refuses_and_the_line_says_what_to_do(on_stage: Stage, tmp_path: Path) -> None:
    arguments = beside(on_stage, tmp_path)
    Path(arguments[-1]).write_text("ab" * 32, encoding="ascii")
    ours, theirs = pty.openpty()
    own = {"TERM": "xterm-256color", "COLUMNS": "200", "LINES": "40", "XDG_DATA_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "sonofuse.cli", "monitor", "--terminal", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | own,
    )  # fmt: skip
    os.close(theirs)
    seen, end = "", time.monotonic() + LONG_S

    def until(wanted: str) -> None:
        nonlocal seen
        while wanted not in seen:
            assert time.monotonic() < end, f"{wanted!r} did not come; last: {seen[-2000:]!r}"
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 65536).decode(errors="replace")
        seen = seen.rpartition(wanted)[2]

    try:
        until("T R I P P E D")
        until("skin_a")
        os.write(ours, b"a")
        until("Who acknowledges?")
        os.write(ours, b"AB/ENG\rwrong key\ry")
        until("not done: not genuine: wrong key, or said before; give --key FILE, the one that this device was flashed")
        os.write(ours, b"q")
        assert process.wait(LONG_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


# ---- files and folders


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "FILE:1: file: cannot be read (No such file or directory); the path of a limits file"),
        ("[[[", "FILE:1: file = '[[[': is not TOML (Invalid initial character for a key part)"),
    ],
)
def test_limits_that_cannot_be_read(tmp_path: Path, text: str | None, line: str) -> None:
    limits = tmp_path / "limits.toml"
    if text is not None:
        limits.write_text(text, encoding="utf-8")
    ended = refused(tmp_path, *NOWHERE, "--limits", str(limits))
    assert ended.code == BAD_INPUT
    assert ended.last.startswith(f"sonofuse: {line.replace('FILE', str(limits))}")


def test_every_fault_of_a_limits_file_has_its_line(tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("[limits]\nname = 3\n", encoding="utf-8")
    with command(tmp_path, *NOWHERE, "--limits", str(limits)) as running:
        ended = running.ended()
    assert (ended.code, ended.out) == (BAD_INPUT, [])
    assert ended.last == f"{limits}:2: limits.name = 3: must be text; the name of this limit set"
    assert all(line.removeprefix("sonofuse: ").startswith(f"{limits}:") for line in ended.err.splitlines())


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("file", "there is a file of that name; name another folder with --record-to"),
        ("file/folder", "a part of that path is a file; name another folder with --record-to"),
        ("closed", "you may not write there; name another folder with --record-to"),
    ],
)
def test_a_folder_that_takes_no_recording(on_stage: Stage, tmp_path: Path, folder: str, line: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(0o500)
    record_to = tmp_path / folder
    arguments = ["--headless", *beside(on_stage, tmp_path), "--record-to", str(record_to)]
    with command(tmp_path, *arguments, before=mortal) as running:
        running.until("connected", f"trouble: not recording to {record_to}: {line}")
        ended = running.interrupt()
    assert ended.code == INTERRUPTED
    assert ended.err.splitlines() == [
        f"sonofuse: not recording to {record_to}: {line}",
        "sonofuse: stopped by Ctrl-C; nothing was recorded",
    ]


def damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


def closed(path: Path) -> None:
    path.touch(0)


def whole(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "name", "code", "line"),
    [
        (damaged, TREATMENT[1], ENVIRONMENT, "FILE: is damaged; keep it for recovery and bring back a copy"),
        (
            closed,
            TREATMENT[1],
            ENVIRONMENT,
            "FILE: cannot be opened, or nothing can be written beside it; make file and",
        ),
        (
            whole,
            TREATMENT[1],
            BAD_INPUT,
            "there is no patient P-7K3M-Q2 in this file; `sonofuse session list` shows all",
        ),
        (whole, "left ilium", BAD_INPUT, "'left ilium' is not named right; write a treatment, P-7K3M-Q2/1"),
    ],
)
def test_a_sessions_file_that_cannot_be_used(
    on_stage: Stage, tmp_path: Path, make: Callable[[Path], None], name: str, code: int, line: str
) -> None:
    sessions = tmp_path / "sessions.db"
    make(sessions)
    arguments = ["--headless", *beside(on_stage, tmp_path), "--sessions", str(sessions), "--session", name]
    with command(tmp_path, *arguments, before=mortal) as running:
        ended = running.ended()
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, [], 1), ended
    assert ended.last.startswith(f"sonofuse: {line.replace('FILE', str(sessions))}")


def test_a_sessions_file_of_a_newer_version(on_stage: Stage, tmp_path: Path) -> None:
    sessions = tmp_path / "sessions.db"
    arguments = ["--headless", *beside(on_stage, tmp_path), "--sessions", str(sessions), *TREATMENT]
    assert refused(tmp_path, *arguments).code == BAD_INPUT  # makes the file, which has no such patient
    newer(sessions)
    ended = refused(tmp_path, *arguments)
    assert ended.code == BAD_INPUT
    assert (
        ended.last
        == f"sonofuse: {sessions}: is of version 99, this program knows {len(STEPS)}; install a newer sonofuse"
    )
