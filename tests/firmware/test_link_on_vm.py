"""The firmware's framing against the cobs library and the CRC of the standard library, on the real VM."""

from binascii import crc_hqx
from random import Random
from struct import pack, unpack_from

from cobs import cobs

from .batch import on_vm


def payloads() -> list[bytes]:
    random = Random(1)
    # A frame has 240 bytes at most.
    texts = [b"", b"\0", b"\1", bytes(10), bytes(range(1, 241)), bytes(range(240)), b"\xff" * 240]
    texts += [bytes(random.choices((0, 1, 2, 255), k=random.randrange(240))) for _ in range(1000)]
    return texts + [random.randbytes(random.randrange(241)) for _ in range(1000)]


def library_decode(data: bytes) -> bytes | None:
    try:
        return bytes(cobs.decode(data))
    except cobs.DecodeError:
        return None


def test_framing_and_checksum_agree_with_the_libraries() -> None:
    texts = payloads()
    result = on_vm("link_driver.py", b"".join(pack("<H", len(text)) + text for text in texts))
    at = accepted = 0
    for text in texts:
        coded, crc, returned, as_code = unpack_from("<HHHh", result, at)
        at += 8
        assert result[at : at + coded] == cobs.encode(text) + b"\0"
        assert crc == crc_hqx(text, 0xFFFF)
        assert returned, text
        at += coded
        decoded = library_decode(text)
        if 0 in text:  # ends a frame: the decoder never sees one
            assert decoded is None
        elif decoded is None:
            assert as_code == -1, text
        else:
            accepted += 1
            assert result[at : at + as_code] == decoded, text
        at += max(as_code, 0)
    assert at == len(result) and accepted > 0
