"""The firmware's framing against the cobs library and the CRC of the standard library, on the real VM."""

from binascii import crc_hqx
from random import Random
from struct import pack, unpack_from

from cobs import cobs

from .batch import on_vm


def with_crc(frame: bytes) -> bytes:
    return frame + crc_hqx(frame, 0xFFFF).to_bytes(2, "little")


def frames() -> list[bytes]:
    """Types from 1 on (0 is none), three bytes at least; what the device sends can be long."""
    random = Random(1)
    texts = [b"\1\0\0", b"\1" * 3, b"\5" + bytes(9), bytes(range(1, 235)), b"\7" + bytes(range(233)), b"\xff" * 234]
    texts += [b"\x09" + bytes(random.choices((0, 1, 2, 255), k=random.randrange(2, 234))) for _ in range(700)]
    texts += [b"\2" + random.randbytes(random.randrange(2, 234)) for _ in range(700)]
    texts += [b"\3" + bytes(random.choices((1, 2, 255), k=random.randrange(240, 700))) for _ in range(50)]
    # As they stand on the line: frames that are right, and such that are not.
    texts += [bytes(cobs.encode(with_crc(b"\6" + random.randbytes(random.randrange(2, 200))))) for _ in range(200)]
    return texts + [random.randbytes(random.randrange(3, 300)).replace(b"\0", b"\1") for _ in range(200)]


def decoded(line: bytes) -> bytes | None:
    """What a library hears in the bytes before a zero: the last frame of them, without its CRC; None for none."""
    found = None
    for part in line.split(b"\0"):
        try:
            text = bytes(cobs.decode(part))
        except cobs.DecodeError:
            continue
        right = 6 <= len(part) <= 240 and len(text) >= 5 and text[0] and with_crc(text[:-2]) == text
        found = text[:-2] if right else found
    return found


def test_framing_and_checksum_agree_with_the_libraries() -> None:
    texts = frames()
    result = on_vm("link_driver.py", b"".join(pack("<H", len(text)) + text for text in texts))
    at = heard = 0
    for text in texts:
        coded, again, other = unpack_from("<HHH", result, at)
        at += 6
        line = result[at : at + coded]
        assert line[-1] == 0 and 0 not in line[:-1]
        assert cobs.decode(line[:-1]) == with_crc(text)
        assert len(line) <= len(cobs.encode(with_crc(text))) + 2
        at += coded
        assert result[at : at + again] == (text if coded <= 241 else b""), text
        at += again
        assert result[at : at + other] == (decoded(text) or b""), text
        heard += bool(other)
        at += other
    assert at == len(result) and heard > 100
