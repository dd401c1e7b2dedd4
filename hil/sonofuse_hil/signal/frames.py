"""Frames on the host's line: COBS, CRC-16/CCITT, a zero at the end, as on the monitor's link (docs/firmware.md).

A frame is type, sequence number (u16), payload, CRC (little-endian). One is read or written as a whole; the buffers are
made once.
"""

import micropython
from micropython import const

_MOST = const(120)  # bytes of a frame in either direction, without its closing zero
_HEAD = const(3)
_CHUNK = const(16)


@micropython.viper
def crc16(data: ptr8, n: int) -> int:
    """CRC-16/CCITT-FALSE of n bytes."""
    crc = 0xFFFF
    i = 0
    while i < n:
        x = (crc >> 8) ^ data[i]  # a byte at once: the polynomial has few bits
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
        i += 1
    return crc


@micropython.viper
def stuff(source: ptr8, n: int, target: ptr8) -> int:
    """COBS of n bytes, fewer than 254, and the closing zero: n + 2 bytes."""
    head = 0  # where the distance to the next zero goes
    i = 0
    while i < n:
        byte = source[i]
        i += 1
        target[i] = byte
        if byte == 0:
            target[head] = i - head
            head = i
    target[head] = n + 1 - head
    target[n + 1] = 0
    return n + 2


@micropython.viper
def unstuff(data: ptr8, n: int) -> int:
    """The plain bytes of n stuffed ones, in place; how many, or -1 if that is no COBS."""
    head = 0
    while head < n:
        step = data[head]
        if step == 0 or head + step > n:
            return -1
        data[head] = 0
        head += step
    i = 1
    while i < n:
        data[i - 1] = data[i]
        i += 1
    return n - 1


class Frames:
    """Both directions of a line.

    `body` is where a payload is written before `send`; after `poll` returned a type, `received` holds a payload of
    `received_length` bytes.
    """

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._plain = bytearray(_MOST)
        self.body = memoryview(self._plain)[_HEAD:]
        self._stuffed = memoryview(bytearray(_MOST + 2))
        self._sequence = 0
        self._chunk = bytearray(_CHUNK)
        self._at = self._end = 0
        self._input = bytearray(_MOST)
        self._filled = 0
        self.received = memoryview(self._input)[_HEAD:]
        self.received_length = 0

    def send(self, kind: int, length: int) -> None:
        """Send the first bytes of `body`."""
        plain = self._plain
        plain[0] = kind
        plain[1] = self._sequence & 0xFF
        plain[2] = self._sequence >> 8
        self._sequence = (self._sequence + 1) & 0xFFFF
        n = _HEAD + length
        crc = crc16(plain, n)
        plain[n] = crc & 0xFF
        plain[n + 1] = crc >> 8
        self._line.write(self._stuffed[: stuff(plain, n + 2, self._stuffed)])

    @micropython.native
    def poll(self) -> int:
        """The type of the next whole frame, or 0. One that is too long or broken is dropped."""
        if self._at == self._end:
            waiting = self._line.any()
            if not waiting:
                return 0
            self._at = 0
            self._end = self._line.readinto(self._chunk, min(waiting, _CHUNK)) or 0
        data = self._input
        while self._at < self._end:
            byte = self._chunk[self._at]
            self._at += 1
            if byte:
                if self._filled < _MOST:
                    data[self._filled] = byte
                self._filled += 1
                continue
            n = unstuff(data, self._filled) if self._filled <= _MOST else -1
            self._filled = 0
            if n >= _HEAD + 2 and crc16(data, n - 2) == data[n - 2] | data[n - 1] << 8:
                self.received_length = n - 2 - _HEAD
                return data[0]
        return 0
