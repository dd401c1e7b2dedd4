"""The terminal view: what it draws, and a whole run in a real pseudo-terminal."""

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sonofuse.console import CommandError
from sonofuse.live.alarm_sound import period_ms
from sonofuse.live.alarms import Sound
from sonofuse.live.alert import Alert
from sonofuse.live.sight import Sight
from sonofuse.live.terminal import Bell, terminal
from sonofuse.live.terminal_picture import picture
from sonofuse.live.view import View
from sonofuse_firmware.alarms import HIGH, TECHNICAL
from tests.live.dashboard.device import Device, Silent, unknown
from tests.live.dashboard.served import PATIENCE_S, ROOT


def _drawn(view: View | None, age_s: float = 0.0, said: str = "", asked: str = "") -> list[str]:
    console = Console(width=80, file=io.StringIO(), record=True, highlight=False)
    sight = Sight(view, age_s, True)
    console.print(picture(sight, said, asked, Alert(0.0).look(sight, 1.0)))
    return console.export_text().splitlines()


def _on() -> Device:
    device = Device()
    device.arm(40.0, 20.0)
    device.start()
    return device


def test_a_run_is_drawn_within_24_lines() -> None:
    lines = _drawn(_on().latest(), said="STOP sent")
    text = "\n".join(lines)
    assert len(lines) <= 24
    for wanted in (
        "◉  O N  ◉", "RF is permitted   0.1 s of 20 s at 40 W", "Space or s: STOP", "skin_a", "41 above",
        "● closed: stop_loop", "dose skin_a", "of 880 J", "receipt", "P-0147", "STOP sent",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_a_warning_has_a_sign_of_its_own_and_the_bar_is_what_is_left() -> None:
    device = _on()
    device.skin[0] = 39.9
    line = next(line for line in _drawn(device.latest()) if "skin_a" in line and "%" in line)
    assert line.startswith("▲ skin_a")
    assert line.count("█") == 1
    assert "%" in line


def test_a_trip_says_its_cause_and_kind() -> None:
    device = _on()
    device.skin[0] = 40.6
    text = "\n".join(_drawn(device.latest()))
    assert "✖  T R I P P E D  ✖" in text
    assert "CAUSE (patient): skin_a above: above its limit" in text
    device = _on()
    device.trip(0x0200, "skin_a stale: no new conversion for too long")
    assert "CAUSE (equipment): skin_a stale" in "\n".join(_drawn(device.latest()))


def test_what_is_old_or_not_known_is_not_shown_as_now() -> None:
    view = _on().latest()
    for lines in (_drawn(None), _drawn(view, 3.2), _drawn(replace(view, link="silent"))):
        assert "DISCONNECTED" in lines[0]
        assert "N O T   K N O W N" in "\n".join(lines)
        assert "O N  ◉" not in "\n".join(lines)
    assert "no new picture for 3.2 s" in _drawn(view, 3.2)[0]
    line = next(line for line in _drawn(unknown(view, "skin_b")) if "skin_b" in line)
    assert line.startswith("■ skin_b")
    assert "not known" in line


def test_what_needs_a_person_stands_above_the_readings() -> None:
    device = _on()
    device.trip(0x0400, "skin_a above: above its limit")
    lines = _drawn(replace(device.latest(), trouble="not recording to /data: the disk is full; make room"))
    high, medium, *_ = [number for number, line in enumerate(lines) if ", high: " in line or ", medium: " in line]
    assert lines[high].startswith(" ♥ patient, high: skin_a above") and "disk is full" in lines[medium]
    assert high < medium < next(number for number, line in enumerate(lines) if line.lstrip("▲■ ").startswith("skin_a"))


def test_a_terminal_rings_where_a_burst_begins() -> None:
    bell, sound = Bell(), Sound(1, TECHNICAL, HIGH)
    period_s = period_ms(TECHNICAL, HIGH) / 1000
    times = [n * 0.1 for n in range(100)]
    rung = [now_s for now_s in times if bell.due(sound, now_s)]
    assert len(rung) == 1 + int(times[-1] / period_s)
    assert bell.due(Sound(2, TECHNICAL, HIGH), times[-1]) and not bell.due(None, 1000.0)


def test_a_low_terminal_keeps_state_and_keys() -> None:
    lines = _drawn(_on().latest(), asked="Who acknowledges? ▏")
    assert "O N" in "\n".join(lines[:6])
    assert "Who acknowledges?" in "\n".join(lines[:6])


def test_without_a_terminal_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(CommandError, match="use --headless"):
        terminal(Device().latest, Silent())


class Terminal:
    """A pseudo-terminal with the view in it."""

    def __init__(self, notes: Path) -> None:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "tests.live.dashboard.in_terminal", str(notes)]
        size = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, env=os.environ | size)
        os.close(theirs)
        self._ours, self._notes, self._seen = ours, notes, ""

    def until(self, wanted: str) -> None:
        """Read what is drawn until it says something new."""
        end = time.monotonic() + PATIENCE_S
        while wanted not in self._seen:
            assert time.monotonic() < end, f"{wanted!r} did not come; last: {self._seen[-400:]!r}"
            if select.select([self._ours], [], [], 0.1)[0]:
                self._seen += os.read(self._ours, 65536).decode(errors="replace")
        self._seen = self._seen.rpartition(wanted)[2]

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def calls(self) -> list[list[object]]:
        return [json.loads(line) for line in self._notes.read_text(encoding="utf-8").splitlines()]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Terminal]:
    view = Terminal(tmp_path / "calls")
    yield view
    view.close()


def test_a_run_in_a_terminal(shown: Terminal) -> None:
    shown.until("O N")
    shown.type("q")
    shown.until("Quit? y/n")
    shown.type("n")
    shown.type(" ")
    shown.until("STOP sent")
    shown.until("T R I P P E D")
    shown.until("⚙ equipment, medium: monitor stop: STOP was commanded")
    shown.until("\a")  # the terminal's own sound
    shown.type("m")
    shown.until("[silent for 1")
    shown.until("silence: done")
    shown.type("a")
    shown.until("Who acknowledges?")
    shown.type("Ad\x1b[A\x1bOBa\rgel renewed\r")  # arrows are neither Escape nor letters
    shown.until("A new treatment")
    shown.type("n")
    shown.until("S A F E")
    shown.until("acknowledge: done")
    shown.type("q")
    assert shown.process.wait(PATIENCE_S) == 0
    assert shown.calls() == [["stop"], ["silence"], ["acknowledge", False, "Ada", "gel renewed"]]
