"""What a UART hears at another rate than that at which it is spoken to: 8 data bits, no parity, one stop bit."""

import termios

LINK_BD = 921_600  # of the firmware's UART (docs/protocol.md)
BYTE_US = 10 * 1e6 / LINK_BD  # start bit, eight of data, stop bit
_RATES = {code: int(name[1:]) for name, code in vars(termios).items() if name[:1] == "B" and name[1:].isdigit()}


def rate_of(attributes: list[object]) -> int:
    """Bits a second of a terminal's attributes (as `termios.tcgetattr`), 0 for a rate that has no name."""
    code = attributes[5]
    return _RATES.get(code, 0) if isinstance(code, int) else 0


def heard(data: bytes, spoken_bd: int, heard_bd: int) -> bytes:
    """What a receiver makes of `data`, sent back to back on an idle line; a byte without its stop bit is 0."""
    if spoken_bd == heard_bd:
        return data
    if not (spoken_bd and heard_bd):
        return b""
    levels = [bit for byte in data for bit in (0, *(byte >> n & 1 for n in range(8)), 1)]
    step = spoken_bd / heard_bd  # bits of the speaker in one of the listener

    def level(at: float) -> int:
        return levels[int(at)] if at < len(levels) else 1

    found = bytearray()
    at = 0.0
    while True:
        start = next((n for n in range(int(at), len(levels)) if not levels[n]), None)
        if start is None:
            return bytes(found)
        at = max(at, start)  # a line that is still low is taken for the next start bit
        if level(at + step / 2):  # too short for a start bit
            at = int(at) + 1
            continue
        byte = sum(level(at + step * (1.5 + n)) << n for n in range(8))
        found.append(byte if level(at + step * 9.5) else 0)
        at += step * 9.5
