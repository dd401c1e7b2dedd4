"""Commands that nobody was entitled to send: without a seal, with a wrong one, said before, or damaged on the way."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sonofuse import link
from sonofuse.link import F

from ..device import KEY

ON_THE_LINE = ("one bit wrong on the line", "cut on the line")  # those are no frames
_HIGH = 1 << 24  # a counter greater than every genuine one: only the seal is wrong
_SEAL_BYTES = 20


@dataclass
class Forger:
    """Who forges: knows all that is on the line, and the key only where it makes a genuine command to spoil it.

    Args:
        nonce: of this boot. limits: SHA-256 of the limit set. counter: of the last genuine command.
    """

    nonce: bytes
    limits: bytes
    counter: int
    rng: random.Random
    before: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])  # genuine ones, sent before

    def payload(self, kind: int) -> bytes:
        """What a command of this type says, without its seal."""
        if kind == F.ARM:
            return link.arm_request(self.rng.randint(1_000, 90_000), self.rng.randint(10_000, 5_000_000), self.limits)
        return bytes([self.rng.randint(0, 1)]) if kind == F.ACKNOWLEDGE else b""

    def seal(self, kind: int, payload: bytes, *, key: bytes = KEY, nonce: bytes = b"", counter: int = _HIGH) -> bytes:
        return link.seal(key, nonce or self.nonce, kind, counter, payload)

    def encode(self, kind: int, payload: bytes) -> bytes:
        return link.encode(kind, self.rng.getrandbits(16), payload)

    def flipped(self, data: bytes, first: int = 0, last: int | None = None) -> bytes:
        """The same with one bit wrong, in a part of it."""
        at = self.rng.randrange(8 * first, 8 * (len(data) if last is None else last))
        spoilt = bytearray(data)
        spoilt[at >> 3] ^= 1 << (at & 7)
        return bytes(spoilt)


def _cut(forger: Forger, kind: int) -> bytes:
    sealed = forger.seal(kind, forger.payload(kind))
    return forger.encode(kind, sealed[: forger.rng.randrange(len(sealed))])


def _longer(forger: Forger, kind: int) -> bytes:
    sealed = forger.seal(kind, forger.payload(kind))
    more = forger.rng.randbytes(forger.rng.randint(1, 40))
    return forger.encode(kind, forger.rng.choice((sealed + more, more + sealed)))


def _another_type(forger: Forger, kind: int) -> bytes:
    """A right seal for another type, with whatever this one needs to look right."""
    other = forger.rng.choice([k for k in range(16, 26) if k != kind])
    return forger.encode(kind, forger.seal(other, forger.payload(kind)))


def _another_payload(forger: Forger, kind: int) -> bytes:
    payload = forger.payload(kind)
    sealed = forger.seal(kind, payload)
    if not payload:
        return forger.encode(kind, b"\0" + sealed)
    return forger.encode(kind, forger.flipped(sealed, 0, len(payload)))


def _seal_bit(forger: Forger, kind: int) -> bytes:
    payload = forger.payload(kind)
    return forger.encode(kind, forger.flipped(forger.seal(kind, payload), len(payload)))


def _flipped_on_the_line(forger: Forger, kind: int) -> bytes:
    """Anywhere between the two zeros, its CRC too."""
    frame = forger.encode(kind, forger.seal(kind, forger.payload(kind)))
    return frame[:1] + forger.flipped(frame[1:-1]) + frame[-1:]


def _cut_on_the_line(forger: Forger, kind: int) -> bytes:
    frame = forger.encode(kind, forger.seal(kind, forger.payload(kind)))
    return frame[: forger.rng.randint(2, len(frame) - 2)] + b"\0"


def _said_before(forger: Forger, kind: int) -> bytes:
    """The very bytes that once had an effect; where nothing of this type was said yet, without a seal."""
    same = [frame for sent, frame in forger.before if sent == kind]
    return forger.rng.choice(same or [_unsealed(forger, kind)])


def _unsealed(forger: Forger, kind: int) -> bytes:
    return forger.encode(kind, forger.payload(kind))


def _with_key(choose: Callable[[Forger], bytes]) -> Callable[[Forger, int], bytes]:
    """A seal made with another key."""
    return lambda forger, kind: forger.encode(kind, forger.seal(kind, forger.payload(kind), key=choose(forger)))


def _with_nonce(choose: Callable[[Forger], bytes]) -> Callable[[Forger, int], bytes]:
    """A seal made for another boot."""
    return lambda forger, kind: forger.encode(kind, forger.seal(kind, forger.payload(kind), nonce=choose(forger)))


def _counter(choose: Callable[[Forger], int]) -> Callable[[Forger, int], bytes]:
    """A right seal with the key, and a counter that was used."""
    return lambda forger, kind: forger.encode(kind, forger.seal(kind, forger.payload(kind), counter=choose(forger)))


FORGERIES: dict[str, Callable[[Forger, int], bytes]] = {
    "unsealed": _unsealed,
    "zeros for a seal": lambda forger, kind: forger.encode(kind, forger.payload(kind) + bytes(_SEAL_BYTES)),
    "a random seal": lambda forger, kind: forger.encode(
        kind, forger.payload(kind) + b"\0\0\0\1" + forger.rng.randbytes(16)
    ),
    "no key": _with_key(lambda _forger: b""),
    "a key of zeros": _with_key(lambda _forger: bytes(32)),
    "another key": _with_key(lambda forger: forger.rng.randbytes(32)),
    "one bit of the key wrong": _with_key(lambda forger: forger.flipped(KEY)),
    "another boot": _with_nonce(lambda forger: forger.rng.randbytes(8)),
    "one bit of the nonce wrong": _with_nonce(lambda forger: forger.flipped(forger.nonce)),
    "another type": _another_type,
    "another payload": _another_payload,
    "one bit of the seal wrong": _seal_bit,
    "counter used last": _counter(lambda forger: forger.counter),
    "counter used before": _counter(lambda forger: forger.rng.randint(0, forger.counter)),
    "cut": _cut,
    "longer": _longer,
    "one bit wrong on the line": _flipped_on_the_line,
    "cut on the line": _cut_on_the_line,
    "said before": _said_before,
}
"""Name -> the bytes of a command of some type, which must not have any effect."""
