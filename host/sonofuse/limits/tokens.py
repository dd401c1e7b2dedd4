"""Token constants: what each check adds to the token word when it has run and passed."""

import hashlib
from collections.abc import Sequence

from sonofuse.layout import K

GLOBAL_IDS = (K.DEADLINE, K.LIMITS, K.ENERGY, K.DURATION, K.RECEIPT)
MONITOR_NAME = "whole monitor"


def _hashed(name: str, bits: int, taken: set[int]) -> int:
    salt = 0
    while True:
        digest = hashlib.sha256(f"{name}/{salt}".encode()).digest()
        token = (int.from_bytes(digest[:4], "little") & ((1 << bits) - 1)) | 1
        if token not in taken:
            taken.add(token)
            return token
        salt += 1


def tokens(rows: Sequence[tuple[str, Sequence[int]]]) -> tuple[list[int], int, int]:
    """A distinct odd constant per row (name, ids of its checks), that of the monitor, and the only right sum.

    The constants have 22 bits, or fewer if their whole sum would not stay below 2**30.
    """
    for bits in range(22, 0, -1):
        taken: set[int] = set()
        step = _hashed(MONITOR_NAME, bits, taken)
        constants = [_hashed(name, bits, taken) for name, _ in rows]
        pairs = zip(constants, rows, strict=True)
        total = step * sum(GLOBAL_IDS) + sum(constant * sum(ids) for constant, (_, ids) in pairs)
        if total <= K.INT_MAX:
            return constants, step, total
    raise ValueError("too many channels for a token")
