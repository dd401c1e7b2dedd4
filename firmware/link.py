"""The link: COBS frames with a CRC-16 over UART0, telemetry out and a few commands in (docs/protocol.md).

A frame is type, sequence number, payload, CRC-16/CCITT (little-endian), COBS-encoded, closed by a zero byte. Reading is
bounded per tick. Commands are not authenticated yet: who can reach this UART can arm, so `host = "none"` says that no
host is part of the safety argument.
"""

import micropython
from micropython import const

# frames out
TELEMETRY = const(1)
ANSWER = const(2)
DATA = const(3)  # a piece of the log
# frames in
ARM = const(16)  # set power mW u32, set duration us u32, first 8 bytes of the limit set's SHA-256
START = const(17)
FINISH = const(18)
DISARM = const(19)
STOP = const(20)
ACKNOWLEDGE = const(21)  # 1: a new treatment, dose starts at zero; 0: the same one
STATUS = const(22)
READ = const(23)  # a piece of the log: which part u8, offset u32; only while the permit is low

# what an ANSWER says
DONE = const(0)
REFUSED = const(1)  # not in this state
WRONG_DIGEST = const(2)
OUT_OF_RANGE = const(3)
CAUSE_PRESENT = const(4)
COOLING = const(5)
NOT_READY = const(6)

_MAX_FRAME = const(240)
_READ_PER_TICK = const(16)
_HEAD = const(3)  # type, sequence number


@micropython.viper
def crc16(data: ptr8, n: int) -> int:
    """CRC-16/CCITT-FALSE, in viper because a frame of bytecode would cost a tick."""
    crc = 0xFFFF
    i = 0
    while i < n:
        crc ^= data[i] << 8
        bit = 0
        while bit < 8:
            crc <<= 1
            if crc & 0x10000:
                crc ^= 0x11021
            bit += 1
        i += 1
    return crc


@micropython.viper
def cobs_encode(source: ptr8, n: int, target: ptr8) -> int:
    """Encode n bytes and the closing zero; the length in `target`, which must hold n + n // 254 + 2 bytes."""
    code_at = 0
    code = 1
    out = 1
    i = 0
    while i < n:
        byte = source[i]
        if byte:
            target[out] = byte
            out += 1
            code += 1
        if byte == 0 or code == 255:
            target[code_at] = code
            code = 1
            code_at = out
            out += 1
        i += 1
    target[code_at] = code
    target[out] = 0
    return out + 1


@micropython.viper
def cobs_decode(data: ptr8, n: int) -> int:
    """Decode n bytes (without the closing zero) in place; the length, or -1 if it is not COBS."""
    i = 0
    out = 0
    while i < n:
        code = data[i]
        if code == 0 or i + code > n:
            return -1
        i += 1
        k = 1
        while k < code:
            data[out] = data[i]
            out += 1
            i += 1
            k += 1
        if code < 255 and i < n:
            data[out] = 0
            out += 1
    return out


class Link:
    """Both directions of one UART, in buffers made once; `lengths` has the payload length of each kind to send.

    `frame` is where a payload is written before `send`; after `poll` returned a type, `received` holds its payload.
    """

    def __init__(self, uart: "Uart", lengths: dict[int, int]) -> None:
        self._uart = uart
        self._plain = bytearray(_MAX_FRAME)
        self.frame = memoryview(self._plain)[_HEAD:]
        self._coded = bytearray(_MAX_FRAME + 4)
        # COBS adds exactly two bytes to a frame this short, so each kind has one view to write, made here once.
        self._views = {kind: memoryview(self._coded)[: _HEAD + n + 4] for kind, n in lengths.items()}
        self._lengths = lengths
        self._chunk = bytearray(_READ_PER_TICK)
        self._input = bytearray(_MAX_FRAME + 4)
        self._filled = 0
        self._overrun = False
        self._pending: int = 0  # bytes of _chunk not looked at yet: from _at to _end
        self._at = 0
        self.received = memoryview(self._input)[_HEAD:]
        self.received_length = 0
        self._seq = 0

    def send(self, kind: int) -> None:
        """Send the payload in `frame`.

        It fits the transmit buffer: what `poll` takes in a tick asks for two answers at most.
        """
        plain = self._plain
        plain[0] = kind
        plain[1] = self._seq & 0xFF
        plain[2] = self._seq >> 8
        self._seq = (self._seq + 1) & 0xFFFF
        n = _HEAD + self._lengths[kind]
        crc = crc16(plain, n)
        plain[n] = crc & 0xFF
        plain[n + 1] = crc >> 8
        cobs_encode(plain, n + 2, self._coded)
        self._uart.write(self._views[kind])

    @micropython.native
    def poll(self) -> int:
        """The type of the next whole frame, or 0. Looks at 16 bytes at most."""
        if self._at == self._pending:
            waiting = self._uart.any()
            if not waiting:
                return 0
            self._at = 0
            self._pending = self._uart.readinto(self._chunk, min(waiting, _READ_PER_TICK)) or 0
        data = self._input
        while self._at < self._pending:
            byte = self._chunk[self._at]
            self._at += 1
            if byte:
                if self._filled < _MAX_FRAME:
                    data[self._filled] = byte
                    self._filled += 1
                else:
                    self._overrun = True
                continue
            n = -1 if self._overrun else cobs_decode(data, self._filled)
            self._filled = 0
            self._overrun = False
            if n >= _HEAD + 2 and crc16(data, n - 2) == data[n - 2] | data[n - 1] << 8:
                self.received_length = n - 2 - _HEAD
                return data[0]
        return 0
