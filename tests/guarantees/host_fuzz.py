"""Whatever comes over the line, a host neither falls over nor commands anything: streams of a real device, spoilt.

What it may say by itself are receipts, questions (READ) and STOP.
"""

import random
import struct
from binascii import crc_hqx
from pathlib import Path

from cobs import cobs

from sonofuse.link import F
from sonofuse.live.watch import Watch
from sonofuse_hil.device import KEY
from sonofuse_hil.line import Frames
from sonofuse_hil.rig import Rig, Sonication

Heard = list[tuple[int, bytes]]  # time in ns, what came then

BY_ITSELF = {F.RECEIPT, F.READ, F.STOP}
_EDGES = (0, 0xFFFFFFFF, 0x3FFFFFFF, 0x40000000, 1 << 31)
_TELEMETRY, _ANSWER, _DATA = 4, F.ANSWER, F.DATA


def record(limits: Path, seed: int = 1) -> tuple[bytes, Heard]:
    """A limit set, and all that a device with it says from its first boot to its second: TRIPPED, joining, two
    sonications, the second of which trips."""
    heard: Heard = []
    with Rig(limits, (Sonication(40.0, 0.3), Sonication(30.0, 2.0)), seed=seed) as rig:
        taken = rig.bench.on_received

        def listen(t_us: int, data: bytes) -> None:
            heard.append((1000 * t_us, data))
            taken(t_us, data)

        rig.bench.on_received = listen
        rig.after_rf(300_000, "stop", "", lambda: rig.bench.force("stop_loop", 0), sonication=1)
        rig.run_plan(6_000_000)
        rig.platform.pull_run()
        rig.run_for(900_000)
    return rig.blob, heard


def frames_of(heard: Heard) -> list[tuple[int, bytes]]:
    """The same as whole frames, each with its closing zero, at the time of that."""
    found: list[tuple[int, bytes]] = []
    rest = b""
    for t_ns, data in heard:
        *frames, rest = (rest + data).split(b"\0")
        found += [(t_ns, frame + b"\0") for frame in frames if frame]
    return found


def packed(frames: list[tuple[int, bytes]]) -> bytes:
    """Frames and their times as one run of bytes, for another process."""
    return b"".join(struct.pack("<QH", t_ns, len(frame)) + frame for t_ns, frame in frames)


def unpacked(data: bytes) -> list[tuple[int, bytes]]:
    """What was `packed`."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        t_ns, size = struct.unpack_from("<QH", data, at)
        at += 10 + size
        found.append((t_ns, data[at - size : at]))
    return found


def sealed(body: bytes) -> bytes:
    """Type, number and payload as a right frame: what is wrong with it is behind its checksum."""
    return bytes(cobs.encode(body + struct.pack("<H", crc_hqx(body, 0xFFFF)))) + b"\0"


class Mutator:
    """Spoils frames: behind their checksums, on the line, or in their order."""

    def __init__(self, heard: Heard, seed: int) -> None:
        self.frames = frames_of(heard)
        self.rng = random.Random(seed)

    def stream(self, first: int, count: int, rate: float) -> Heard:
        """Frames from one on, of which this part is spoilt."""
        spoilt: Heard = []
        held: list[tuple[int, bytes]] = []
        for t_ns, frame in self.frames[first : first + count]:
            now = [frame] if self.rng.random() >= rate else self._spoil(frame)
            spoilt += [(t_ns, data) for data in now]
            if held and self.rng.random() < 0.3:
                spoilt.append((t_ns, held.pop()[1]))
            if self.rng.random() < 0.02:
                held.append((t_ns, frame))  # comes once more, later
        return spoilt

    def _spoil(self, frame: bytes) -> list[bytes]:
        rng = self.rng
        match rng.randrange(8):
            case 0:
                return []
            case 1:
                return [frame, frame]
            case 2:
                return [self._bytes(frame)]
            case 3:
                return [rng.randbytes(rng.randrange(1, 200))]
            case 4:
                return [frame[: rng.randrange(len(frame))]]
            case 5:
                kind = rng.choice((_TELEMETRY, _ANSWER, _DATA, rng.getrandbits(8)))
                return [sealed(bytes([kind]) + rng.randbytes(rng.randrange(3, 200)))]
            case _:
                try:
                    body = bytearray(cobs.decode(frame[:-1]))[:-2]
                except cobs.DecodeError:
                    return [frame]
                return [sealed(self._bytes(bytes(body)))]

    def _bytes(self, data: bytes) -> bytes:
        rng, spoilt = self.rng, bytearray(data)
        for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
            if not spoilt:
                return b"\0"
            at = rng.randrange(len(spoilt))
            match rng.randrange(6):
                case 0:
                    spoilt[at] ^= 1 << rng.randrange(8)
                case 1:
                    spoilt[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.getrandbits(8)))
                case 2:
                    del spoilt[at : at + rng.choice((1, 1, 4, 30))]
                case 3:
                    spoilt[at:at] = rng.randbytes(rng.choice((1, 1, 4, 30)))
                case 4:
                    spoilt[at : at + 4] = struct.pack("<I", rng.choice(_EDGES))
                case _:
                    spoilt[at:at] = spoilt[rng.randrange(len(spoilt)) :][:40]
        return bytes(spoilt)


def said(watch: Watch) -> set[int]:
    """The types of all frames that a watch wants on the line."""
    line = b"".join(record.data for record in watch.take() if record.topic == "out")
    return {kind for kind, _, _ in Frames().feed(line)}


def listen(limits: bytes, heard: Heard) -> set[int]:
    """What a fresh watch says to a stream, time passing in between as it does beside a device."""
    watch = Watch(limits, KEY)
    kinds: set[int] = set()
    for t_ns, data in heard:
        watch.received(t_ns, data)
        watch.passed(t_ns + 5_000_000)
        kinds |= said(watch)
    return kinds
