"""How alarms sound in a browser: the timeline, and the samples that the page makes of it, against the standard."""

import json
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import numpy.typing as npt
import pytest

from sonofuse.live.alarm_sound import SCRIPT, as_json, period_ms, pulses, timeline
from sonofuse_firmware.alarms import BURSTS, HIGH, KINDS, PHYSIOLOGICAL, PRIORITIES, TECHNICAL
from tests.alarm_standard import (
    FUNDAMENTAL_HZ,
    HARMONICS,
    HARMONICS_HZ,
    PULSE_MS,
    RISE,
    WITHIN_DB,
    Pulse,
    violations,
)

RATE = 48_000
ALL = [(kind, priority) for kind, priority, _ in BURSTS]
IDS = [f"{KINDS[kind]} {PRIORITIES[priority]}" for kind, priority in ALL]
Samples = npt.NDArray[np.float32]

RENDER = """
const fs = require("node:fs");
require(process.argv[1]);
const { timeline, rate } = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(Buffer.from(renderAlarm(timeline, rate).buffer));
"""
# A page's own AudioContext needs a person and a loudspeaker; an offline one plays the same graph into memory.
PAGE = """<!doctype html><meta charset="utf-8"><script>%s</script><body><script>
const sound = %s, seconds = %g, rate = %d;
(async () => {
  const context = new OfflineAudioContext(1, seconds * rate, rate);
  const player = new AlarmSound(context);
  player.play(sound);
  player.play(sound);
  const again = player.source;
  const samples = (await context.startRendering()).getChannelData(0);
  const loud = [];
  const window = rate / 1000;
  for (let at = 0; at < samples.length; at += window) {
    let peak = 0;
    for (let i = at; i < Math.min(at + window, samples.length); i++) peak = Math.max(peak, Math.abs(samples[i]));
    loud.push(Number(peak.toFixed(4)));
  }
  player.play(null);
  document.body.textContent = JSON.stringify({ loud, stopped: player.source === null, again: again !== null });
})();
</script>"""


@pytest.fixture(scope="module")
def node() -> str:
    found = which("node")
    if found is None:
        pytest.skip("not run: no node, which renders the sound as a browser does")
    return found


def rendered(node: str, kind: int, priority: int) -> Samples:
    given = json.dumps({"timeline": timeline(kind, priority), "rate": RATE})
    ran = subprocess.run([node, "-e", RENDER, str(SCRIPT)], input=given.encode(), capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()
    return np.frombuffer(ran.stdout, np.float32)


def envelope(samples: Samples, hertz: float) -> npt.NDArray[np.float64]:
    """Peak of each period of the fundamental around a sample."""
    span = round(RATE / hertz)
    padded = np.pad(np.abs(samples), (span // 2, span - span // 2 - 1))
    peaks: npt.NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(padded, span).max(axis=1)
    return peaks.astype(np.float64)


def heard_pulses(samples: Samples, share: float = 0.9) -> list[Pulse]:
    """Where the envelope is above a share of its highest, ms."""
    loud = envelope(samples, 261.63)
    above = np.flatnonzero(np.diff((loud >= share * loud.max()).astype(np.int8)))
    edges = [float(at) * 1_000 / RATE for at in above]
    return list(zip(edges[::2], edges[1::2], strict=True))


# ---- the timeline


@pytest.mark.parametrize(("kind", "priority"), ALL, ids=IDS)
def test_a_timeline_is_what_the_standard_says(kind: int, priority: int) -> None:
    period = period_ms(kind, priority)
    burst = [(one.start_ms, one.start_ms + one.length_ms) for one in pulses(kind, priority)]
    again = [(start + n * period, end + n * period) for n in range(3) for start, end in burst]
    assert not violations([(float(start), float(end)) for start, end in again], PRIORITIES[priority])
    assert again[0][0] == 0
    assert all(FUNDAMENTAL_HZ[0] <= one.frequency_hz <= FUNDAMENTAL_HZ[1] for one in pulses(kind, priority))
    assert RISE[0] <= timeline(kind, priority)["rise"] <= RISE[1]


def test_melodies_tell_the_equipment_from_the_patient() -> None:
    for priority in range(1, HIGH + 1):
        patient, equipment = (
            [one.frequency_hz for one in pulses(kind, priority)] for kind in (PHYSIOLOGICAL, TECHNICAL)
        )
        assert patient != equipment
        if priority > 1:
            assert patient == sorted(patient[:5]) * (len(patient) // 5) or patient == sorted(patient), "it rises"
            assert equipment[0] == pytest.approx(2 * equipment[1], abs=0.1), "it falls by an octave"


def test_no_alarm_is_louder_than_a_more_urgent_one() -> None:
    for kind in (PHYSIOLOGICAL, TECHNICAL):
        levels = [timeline(kind, priority)["level_db"] for priority in range(1, HIGH + 1)]
        assert levels == sorted(levels)


def test_what_the_page_is_given_is_plain_json() -> None:
    given = json.loads(as_json(7, TECHNICAL, HIGH))
    assert given == {"number": 7, "timeline": timeline(TECHNICAL, HIGH)}
    with pytest.raises(KeyError):
        as_json(7, TECHNICAL, 4)


# ---- what the page makes of it


@pytest.mark.parametrize(("kind", "priority"), ALL, ids=IDS)
def test_the_samples_are_the_timeline(node: str, kind: int, priority: int) -> None:
    samples = rendered(node, kind, priority)
    assert len(samples) == period_ms(kind, priority) * RATE // 1_000
    assert np.abs(samples).max() <= 1.0 and not np.isnan(samples).any()
    assert samples[-1] == 0.0, "the loop clicks"
    heard = heard_pulses(np.tile(samples, 2))
    assert not violations(heard, PRIORITIES[priority], 6.0), heard  # the envelope is known to a period of C4
    expected = pulses(kind, priority)
    assert len(heard) == 2 * len(expected)
    for one, (start, end) in zip(expected, heard, strict=False):
        assert end - start == pytest.approx(one.length_ms, abs=8)


@pytest.mark.parametrize(("kind", "priority"), ALL, ids=IDS)
def test_every_pulse_has_its_harmonics(node: str, kind: int, priority: int) -> None:
    samples = rendered(node, kind, priority)
    shift_ms = 0.9 * timeline(kind, priority)["rise"]
    for one in pulses(kind, priority):
        middle = round((one.start_ms + shift_ms * one.length_ms + one.length_ms / 2) * RATE / 1_000)
        half = round(0.3 * one.length_ms * RATE / 1_000)
        part = samples[middle - half : middle + half].astype(np.float64) * np.hanning(2 * half)
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(part, 1 << 17)) + 1e-12)
        hertz = np.fft.rfftfreq(1 << 17, 1 / RATE)

        def level(at_hz: float, spectrum: npt.NDArray[np.float64] = spectrum, hertz: Samples = hertz) -> float:
            near = (hertz > at_hz - 20) & (hertz < at_hz + 20)
            return float(spectrum[near].max())

        fundamental = level(one.frequency_hz)
        others = [one.frequency_hz * n for n in range(2, 20)]
        counted = [
            at_hz
            for at_hz in others
            if HARMONICS_HZ[0] <= at_hz <= HARMONICS_HZ[1] and abs(level(at_hz) - fundamental) <= WITHIN_DB
        ]
        assert len(counted) >= HARMONICS
        assert level(one.frequency_hz) > level(one.frequency_hz * 1.5) + 20, "it is a tone"


def test_a_pulse_rises_as_slowly_as_the_standard_says(node: str) -> None:
    for kind, priority in ALL:
        samples = rendered(node, kind, priority)
        one = pulses(kind, priority)[0]
        low = heard_pulses(samples, 0.1)[0][0]
        high = heard_pulses(samples, 0.9)[0][0]
        # From 10 % to 90 % of the envelope, which is 80 % of the ramp and known to a period.
        assert RISE[0] * 0.8 * one.length_ms - 4 <= high - low <= RISE[1] * one.length_ms + 4
        assert one.length_ms >= PULSE_MS[PRIORITIES[priority]][0]


def test_a_browser_plays_it_again_and_again(tmp_path: Path) -> None:
    from tests.live.dashboard.browser import browsing

    seconds = 2.5 * period_ms(PHYSIOLOGICAL, HIGH) / 1_000
    page = tmp_path / "page.html"
    page.write_text(
        PAGE % (SCRIPT.read_text(encoding="utf-8"), as_json(1, PHYSIOLOGICAL, HIGH), seconds, RATE), encoding="utf-8"
    )
    with browsing(tmp_path / "profile") as tab:
        tab.driver.get(page.as_uri())
        tab.until("document.body.textContent.startsWith('{')")
        said = json.loads(tab.js("document.body.textContent"))
    assert said["stopped"] and said["again"]
    loud = np.array(said["loud"])
    above = np.flatnonzero(np.diff(np.concatenate([[0], loud >= 0.5 * loud.max()]).astype(np.int8)))
    wide = list(zip(above[::2], above[1::2], strict=False))
    joined: list[list[int]] = []
    for start, end in wide:  # a window of 1 ms is shorter than a period of the fundamental
        if joined and start - joined[-1][1] < 8:
            joined[-1][1] = int(end)
        else:
            joined.append([int(start), int(end)])
    assert not violations([(start, end) for start, end in joined], "high", 20.0, whole=False)
    assert len(joined) > 20
