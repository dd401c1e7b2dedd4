"""G12 on the host's side: whatever comes over the line, the host neither falls over nor commands anything."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import Telemetry
from sonofuse_core.follow import Follower
from sonofuse_hil.strategies import examples

from . import host_fuzz
from .conftest import LimitsFiles
from .host_fuzz import BY_ITSELF, Heard, Mutator

ROOT = Path(__file__).parents[2]
FRAMES = 400  # of a stream: from the first word of a device to its second boot
_PICTURE_HEAD = 12 + 4 * K.I_CHANNELS


class Said:
    """What a device said, which a failing example does not print."""

    def __init__(self, blob: bytes, heard: Heard) -> None:
        self.blob, self.heard = blob, heard
        self.frames = host_fuzz.frames_of(heard)

    def __repr__(self) -> str:
        return f"<{len(self.frames)} frames of a device>"

    @property
    def telemetry(self) -> list[bytes]:
        """The payloads of its telemetry, each once."""
        decoded = [next(link.Decoder().feed(frame), None) for _, frame in self.frames]
        return list(dict.fromkeys(f.payload for f in decoded if isinstance(f, Telemetry) and f.rows))

    def parts(self, wanted: int) -> bytes:
        """The first part of this number, put together."""
        found = b""
        for _, frame in self.frames:
            piece = next(link.Decoder().feed(frame), None)
            if isinstance(piece, link.Data) and piece.part == wanted and piece.offset == len(found) < piece.total:
                found += piece.data
        return found


@pytest.fixture(scope="module")
def device(limits_files: LimitsFiles) -> Said:
    return Said(*host_fuzz.record(limits_files.hosted))


def test_the_recording_holds_what_a_host_can_meet(device: Said) -> None:
    """Else nothing below would try much."""
    frames = [frame for _, data in device.frames for frame in link.Decoder().feed(data)]
    states = {frame.state for frame in frames if isinstance(frame, Telemetry)}
    assert states >= {1, 2, 3, 4}
    assert host_fuzz.listen(device.blob, device.heard) == {link.F.RECEIPT, link.F.READ}
    assert len(device.frames) > FRAMES * 0.9 and len(device.parts(link.PICTURE)) > 2_000


@settings(max_examples=examples(70))
@given(chunks=st.lists(st.binary(max_size=300), max_size=8))
def test_any_bytes(device: Said, chunks: list[bytes]) -> None:
    stream = [(1_000_000 * number, chunk) for number, chunk in enumerate(chunks)]
    assert host_fuzz.listen(device.blob, stream) <= BY_ITSELF


@settings(max_examples=examples(50))
@given(kind=st.integers(0, 255), payload=st.binary(max_size=300), at=st.integers(0, FRAMES - 1))
def test_any_right_frame_at_any_time(device: Said, kind: int, payload: bytes, at: int) -> None:
    t_ns, _ = device.frames[min(at, len(device.frames) - 1)]
    odd = (t_ns, host_fuzz.sealed(bytes([kind, 1, 2]) + payload))
    stream = [*device.frames[:at], odd, *device.frames[at : at + 20]]
    assert host_fuzz.listen(device.blob, stream) <= BY_ITSELF


@settings(max_examples=examples(70))
@given(
    words=st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 0xFFFFFFFF)), min_size=1, max_size=5),
    size=st.sampled_from((0, 0, 0, 0, -4, 4, -1_000)),
)
def test_any_picture(device: Said, words: list[tuple[int, int]], size: int) -> None:
    """Refused, or followed: a kernel that trusts its own state must not be given one that points out of it."""
    follower = follow(device)
    picture = bytearray(device.parts(link.PICTURE))
    for word, value in words:
        at = 4 * (word % (len(picture) // 4))
        picture[at : at + 4] = value.to_bytes(4, "little")
    follower_takes(follower, bytes(picture[: size or None]) + bytes(max(size, 0)), device)


@pytest.mark.parametrize("value", [16, 0x3FFFFFFF, 0x7FFFFFFF, -1, -(1 << 31)])
@pytest.mark.parametrize("word", [K.S_CRC_POS, K.S_CHANNELS + K.C_RISE_POS, K.S_CHANNELS + K.C_RISE_FILL])
def test_a_picture_that_points_outside_is_refused(device: Said, word: int, value: int) -> None:
    """The first two once ended the process."""
    follower = follow(device)
    picture = bytearray(device.parts(link.PICTURE))
    at = _PICTURE_HEAD + 4 * word
    value = value if word != K.S_CRC_POS else 1 << 20 if value == 16 else value
    picture[at : at + 4] = value.to_bytes(4, "little", signed=True)
    with pytest.raises(ValueError, match="outside"):
        follower.join(bytes(picture))
    assert not follower.joined


@settings(max_examples=examples(70))
@given(
    number=st.integers(0, 30), at=st.integers(0, 700), spoilt=st.binary(min_size=1, max_size=8), cut=st.integers(0, 3)
)
def test_any_rows(device: Said, number: int, at: int, spoilt: bytes, cut: int) -> None:
    follower = follow(device)
    follower.join(device.parts(link.PICTURE))
    for place, payload in enumerate(device.telemetry[:60]):
        if place == number:
            at %= len(payload)
            payload = payload[:at] + spoilt + payload[at + len(spoilt) - cut :]
        try:
            follower.frame(payload)
        except ValueError:
            follower.lose()


def follow(device: Said) -> Follower:
    return Follower(device.blob, link.identity(device.parts(link.IDENTITY)).how)


def follower_takes(follower: Follower, picture: bytes, device: Said) -> None:
    try:
        follower.join(picture)
        for payload in device.telemetry[:60]:
            follower.frame(payload)
    except ValueError:
        assert True  # said so, and did not fall over


def prove(device: Said, seeds: range) -> int:
    frames = 0
    for seed in seeds:
        mutator = Mutator(device.heard, seed)
        stream = mutator.stream(0, FRAMES, mutator.rng.choice((0.005, 0.02, 0.1, 0.3)))
        frames += len(stream)
        said = host_fuzz.listen(device.blob, stream)
        assert said <= BY_ITSELF, f"seed {seed}: it said {sorted(said - BY_ITSELF)}"
    return frames


def test_spoilt_streams(device: Said) -> None:
    assert prove(device, range(100)) > 35_000


@pytest.mark.slow
def test_a_million_spoilt_frames(device: Said) -> None:
    assert prove(device, range(100, 2_800)) > 1_000_000


@pytest.mark.slow
def test_frames_that_reach_new_code(device: Said, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        pytest.skip("not run: atheris is not installed (sonofuse[fuzz])")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (tmp_path / "limits.bin").write_bytes(device.blob)
    (tmp_path / "heard.bin").write_bytes(host_fuzz.packed(device.frames))
    for number, (_, frame) in enumerate(device.frames[::10]):
        body = bytes(cobs.decode(frame[:-1]))[:-2][:255]
        (corpus / str(number)).write_bytes(bytes([10 * number * 256 // len(device.frames), 1, len(body)]) + body)
    command = [sys.executable, "-m", "tests.guarantees.fuzz_host", str(tmp_path), "5000"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]
    assert "Done 5000 runs" in ended.stderr
