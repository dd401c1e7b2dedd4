"""The C headers make and read what the host does."""

import hmac
import struct
from random import Random

import pytest

from sonofuse import link
from sonofuse.protocol import LONGEST_PAYLOAD, F

from .c_console import CConsole, counted
from .slow_console import CHANGE, fold
from .slow_console import row as slow_row
from .test_follower import HOW, TICK_US, row


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> CConsole:
    return CConsole(tmp_path_factory.mktemp("c"))


def test_frames_of_every_length_and_content(console: CConsole) -> None:
    chance = Random(1)
    made: list[tuple[int, int, bytes]] = []
    for n in (*range(270), *range(500, 520), *chance.sample(range(520, LONGEST_PAYLOAD), 60), LONGEST_PAYLOAD):
        payload = bytes(chance.choices((0, 1, 255), weights=chance.choice(((1, 1, 1), (0, 1, 1), (1, 200, 200))), k=n))
        made.append((chance.randrange(256), chance.randrange(65_536), payload))
    said = console.ask([f"f {kind} {sequence} {counted(payload)}" for kind, sequence, payload in made])
    assert said == [link.encode(*frame).hex() for frame in made]


def test_seals_and_receipts(console: CConsole) -> None:
    chance = Random(2)
    for n in range(140):
        key, nonce, payload = chance.randbytes(32), chance.randbytes(8), chance.randbytes(n)
        kind, counter = chance.randrange(256), chance.randrange(2**32)
        body = payload + struct.pack("<I", counter)
        mac = hmac.digest(key, nonce + bytes([kind]) + body, "sha256")[:16]
        sealed, receipt = console.ask(
            [f"s {counted(key)} {counted(nonce)} {kind} {counter} {counted(payload)}", f"e {kind} {counter}"]
        )
        assert sealed == (body + mac).hex() == link.seal(key, nonce, kind, counter, payload).hex()
        assert receipt == link.receipt(kind, counter).hex()
        assert F.RECEIPT not in link.SEALED


def test_rows_of_every_kind_and_none_that_does_not_end(console: CConsole) -> None:
    chance = Random(3)
    counts = f"{HOW.count('c')} {HOW.count('a')} {TICK_US}"
    for data in (row(chance, tuple(CHANGE)) for _ in range(300)):
        read = slow_row(data, 0, HOW, TICK_US)
        told = [len(data), read.flags, read.changed or 0, read.elapsed_us or 0, read.now_us or 0, read.before_us or 0]
        told += [*(read.set_point or (0, 0, 0)), *read.contacts, *read.counts]
        told += [number for conversion in read.slow for number in conversion]
        short = [f"r {counts} {counted(data[:n])}" for n in range(len(data))]
        *none, whole = console.ask([*short, f"r {counts} {counted(data + bytes(3))}"])
        assert whole == " ".join(map(str, told))
        assert none == ["0"] * len(data)


def test_the_digest(console: CConsole) -> None:
    chance = Random(4)
    pairs = [(chance.randrange(2**32), chance.choice((0, 1, 2**32 - 1, chance.randrange(2**32)))) for _ in range(500)]
    said = console.ask([f"d {digest} {word}" for digest, word in pairs])
    assert said == [str(fold(digest, word)) for digest, word in pairs]
