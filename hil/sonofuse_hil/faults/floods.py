"""What somebody says who says too much: forged, senseless or damaged frames."""

from collections.abc import Callable

from sonofuse import link
from sonofuse.link import F
from sonofuse_firmware.states import ON

from ..line import Frames
from .forgeries import FORGERIES, Forger

HEARD_US = 10_000  # between two frames: a flood that a device can hear


def _forged(forger: Forger) -> bytes:
    return FORGERIES[forger.rng.choice(list(FORGERIES))](forger, forger.rng.choice(link.SEALED))


def _short(forger: Forger) -> bytes:
    return forger.encode(forger.rng.choice(link.SEALED), forger.rng.randbytes(forger.rng.choice((0, 1, 5))))


def _receipts(forger: Forger) -> bytes:
    return forger.encode(F.RECEIPT, forger.rng.randbytes(6))


def _read(forger: Forger) -> bytes:
    part, offset = forger.rng.randint(0, 255), forger.rng.choice((0, 128, forger.rng.getrandbits(32)))
    return forger.encode(F.READ, link.read_request(part if forger.rng.random() < 0.3 else part % 4, offset))


def _senseless(forger: Forger) -> bytes:
    """Right frames of any type and length."""
    return forger.encode(forger.rng.getrandbits(8), forger.rng.randbytes(forger.rng.choice((0, 3, 30, 100, 230, 300))))


def _noise(forger: Forger) -> bytes:
    return forger.rng.randbytes(forger.rng.randint(1, 100)) + b"\0"


def _mutated(forger: Forger) -> bytes:
    """What an honest host says, with bytes changed, left out, doubled or put in."""
    said = [frame for _, frame in forger.before] or [_short(forger)]
    frame = bytearray(forger.rng.choice((forger.rng.choice(said), _forged(forger), _receipts(forger), _read(forger))))
    for _ in range(forger.rng.randint(1, 4)):
        at = forger.rng.randrange(len(frame))
        match forger.rng.randint(0, 4):
            case 0:
                frame[at] ^= 1 << forger.rng.randrange(8)
            case 1:
                frame[at] = forger.rng.getrandbits(8)
            case 2:
                del frame[at]
            case 3:
                frame.insert(at, forger.rng.getrandbits(8))
            case _:
                frame[at:at] = frame[at : at + forger.rng.randint(1, 8)]
        if not frame:
            return b"\0"
    return bytes(frame) + b"\0" * forger.rng.randint(0, 1)


FLOODS: dict[str, Callable[[Forger], bytes]] = {
    "forged commands": _forged,
    "commands without a seal": _short,
    "questions": lambda forger: forger.encode(F.STATUS, b""),
    "readings": _read,
    "receipts": _receipts,
    "senseless frames": _senseless,
    "noise": _noise,
    "mutated frames": _mutated,
}


def harmless(data: bytes, state: int) -> bool:
    """Whether no frame of it is one that anybody may send to end RF."""
    ends = (F.STOP, F.FINISH) if state == ON else (F.STOP,)
    return all(kind not in ends for kind, _, _ in Frames().feed(b"\0" + data + b"\0"))
