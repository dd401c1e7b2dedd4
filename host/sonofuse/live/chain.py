"""The chain of hashes through a recording: each message's hash includes that of all before it.

Whoever alters, removes, adds or reorders a message gets another head from there on. It has no key: it finds damage and
careless hands. Somebody who makes the whole chain anew gives himself away only where its head was also kept elsewhere.
"""

import hashlib
import struct

TOPIC = "/chain"
_ENTRY = struct.Struct("<QII")  # time, bytes of the topic, bytes of the message


class Chain:
    """`count` messages so far, and the SHA-256 (`head`) that stands for them all. `met` says whether it has been
    `sought`, a head that was kept elsewhere."""

    def __init__(self, count: int = 0, head: bytes = bytes(32), sought: bytes = b"") -> None:
        self.count, self.head = count, head
        self._sought, self.met = sought, False

    def begin(self, head_of_part: bytes) -> None:
        """A part of the recording begins; what it says of itself is hashed too, and is no message."""
        self.head = hashlib.sha256(self.head + head_of_part).digest()

    def add(self, topic: str, t_ns: int, data: bytes) -> None:
        """The next message."""
        name = topic.encode()
        self.head = hashlib.sha256(b"".join((self.head, _ENTRY.pack(t_ns, len(name), len(data)), name, data))).digest()
        self.count += 1
        self.met = self.met or self.head == self._sought
