"""Who may start: a command that has an effect carries a counter and an HMAC-SHA256 with the device's key.

The key is put into the device when it is installed, and nothing ever says it. It is looked at only while the permit is
low: a digest takes longer than a tick. STOP, receipts and questions need none.
"""

from binascii import hexlify
from hashlib import sha256
from micropython import const
from struct import unpack_from

KEY_FILE = "key.bin"
KEY_BYTES = const(32)
NONCE_BYTES = const(8)
MAC_BYTES = const(16)
SEAL_BYTES = const(20)  # counter u32 and MAC, the last bytes of a command
_BLOCK = const(64)  # of SHA-256


def hmac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) with a key of at most 64 bytes."""
    padded = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes([byte ^ 0x36 for byte in padded]))
    inner.update(message)
    outer = sha256(bytes([byte ^ 0x5C for byte in padded]))
    outer.update(inner.digest())
    return outer.digest()


def read_key() -> bytes:
    """The key that was installed, b"" without one: then nothing can be started."""
    try:
        with open(KEY_FILE, "rb") as file:
            key = file.read()
    except OSError:
        return b""
    return key if len(key) == KEY_BYTES else b""


class Authority:
    """Judges commands of one boot.

    Args:
        key: KEY_BYTES bytes, or none.
        nonce: NONCE_BYTES bytes that no boot before had.
    """

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._key = key
        self.nonce = nonce
        self.counter = 0  # of the last command that was genuine

    def genuine(self, kind: int, payload: "memoryview") -> bool:
        """True once for each command that the holder of the key made in this boot, in their order."""
        size = len(payload) - SEAL_BYTES
        if size < 0 or not self._key:
            return False
        counter = unpack_from("<I", payload, size)[0]
        mac = hmac(self._key, self.nonce + bytes([kind]) + bytes(payload[: size + 4]))
        wrong = 0
        for i in range(MAC_BYTES):
            wrong |= mac[i] ^ payload[size + 4 + i]
        if wrong or counter <= self.counter:
            return False
        self.counter = counter
        return True


def nonce(boots: int, random: bytes) -> bytes:
    """A number for this boot: random, and of the latch's count too, which grows with every treatment that was begun, so
    that a poor source of randomness does not make an old command new."""
    return sha256(b"sonofuse boot" + hexlify(random) + str(boots).encode()).digest()[:NONCE_BYTES]
