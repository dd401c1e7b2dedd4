"""Repeatable noise: a 32-bit xorshift generator in integers, the same draws under CPython and MicroPython."""

from .check import number

_FOLD = 0x9E3779B1  # odd, half of its bits set: 2**32 over the golden ratio (Knuth, volume 3, 6.4)


class Noise:
    """A stream of pseudo-random numbers.

    Args:
        seed: 1 ... 2**64 - 1; equal seeds give equal streams. What is above 32 bits is folded into them, because the
            parts of one bench have seeds of their own, each made from that of a run.

    Raises:
        ValueError: if the seed is out of range (xorshift never leaves 0).
    """

    def __init__(self, seed: int = 1) -> None:
        whole = int(number("noise seed", seed, 1, 0xFFFFFFFFFFFFFFFF))
        self._state = (whole ^ (whole >> 32) * _FOLD) & 0xFFFFFFFF or _FOLD

    def bits(self) -> int:
        """The next 32 bits (shifts 13, 17, 5: Marsaglia 2003)."""
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return x

    def normal(self) -> float:
        """Mean 0, standard deviation 1, nearly Gaussian: the sum of twelve bytes, so never beyond 6."""
        total = 0
        for _ in range(3):
            x = self.bits()
            total += (x & 255) + (x >> 8 & 255) + (x >> 16 & 255) + (x >> 24)
        return (total - 1530) / 256
