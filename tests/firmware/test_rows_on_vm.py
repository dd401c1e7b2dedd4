"""The firmware's rows and digests are what the page says, with every kind of row, on the real VM."""

from random import Random
from struct import pack, unpack_from

import pytest

from sonofuse import protocol
from sonofuse.layout import Constants, K
from tests.host.slow_console import CLOCK, FLAG, fold, row, values

from .batch import on_vm

R = Constants("rows.py")
TICK_US = 1000
BOARDS = ("mmmmaaapcccccc", "a", "c" * 19 + "aaaa" + "mmmmmpp", "pc" * 4 + "c" * 5)
TICKS = 400
STATE_WORDS = K.S_CHANNELS + 3


class Ticks:
    """Ticks of a device with these channels: what is given to the firmware, and what must be in its rows."""

    def __init__(self, how: str, seed: int) -> None:
        self.how, self._chance = how, Random(seed)
        self.given = bytes([len(how)]) + how.encode() + pack("<HH", STATE_WORDS, TICKS)
        self.rows: list[dict[str, object]] = []
        self.states: list[list[int]] = []
        self._now = self._chance.randrange(CLOCK)
        self._sequences = [0] * len(how)
        self._usual = {R.RECEIPT_US: 250_000, R.USUAL_US: TICK_US - protocol.USUAL_BEFORE_US, R.BEFORE: self._now}
        for _ in range(TICKS):
            self._tick()

    def _tick(self) -> None:
        chance, own = self._chance, dict(self._usual)
        self._usual = {}
        edge = chance.choice((871, 872, 1126, 1127, 65_535, 65_536))  # of the ways to say a time
        elapsed = chance.choice((edge, chance.randrange(872, 1127), chance.randrange(65_536), chance.randrange(CLOCK)))
        before = self._now
        if chance.random() < 0.1:
            before = own[R.BEFORE] = chance.randrange(CLOCK)
            own[R.TIME] = 1
        in_full = R.TIME in own or elapsed > 65_535
        now = (before + elapsed) % CLOCK
        self._now = now
        changed = chance.choice((0, 0, 0, 1, 2, 3, 4))
        own[R.CHANGED] = changed
        set_point = [chance.randrange(CLOCK) for _ in range(3)] if chance.random() < 0.2 else None
        own[R.SET] = int(set_point is not None)
        if chance.random() < 0.05:
            own[R.CLOSE] = chance.randrange(1, 5)
        receipt_us, on = chance.choice((0, 250_000, 250_001, CLOCK - 1)), chance.randrange(2)
        contacts, counts, channels = list[int](), list[int](), list[int]()
        slow: list[tuple[int, int]] = []
        for number, letter in enumerate(self.how):
            raw = chance.randrange(2) if letter == "c" else chance.randrange(65_536)
            if letter in protocol.SLOW:
                if len(slow) < 7 and chance.random() < 0.3:
                    raw = chance.choice((-1, raw))
                    self._sequences[number] = (self._sequences[number] + 1) % 65_536
                    slow.append((number, raw % 65_536))
            else:
                (contacts if letter == "c" else counts).append(raw)
            channels += [self._sequences[number], raw]
        state = [chance.randrange(-(2**30), 2**30) for _ in range(STATE_WORDS)]
        state[K.S_ON], state[K.S_CAUSE] = on, chance.choice((0, chance.randrange(65_536)))
        inputs = [now, on, *(set_point or [7, 8, 9]), receipt_us, 0, 0, *channels]
        self.given += bytes([len(own)]) + b"".join(pack("<Bi", name, value) for name, value in own.items())
        self.given += pack(f"<{len(inputs) + len(state)}i", *inputs, *state)
        flags = FLAG["ON"] * on + FLAG["LATE"] * (receipt_us > 250_000) + FLAG["TIME"] * in_full
        flags += FLAG["SET"] * (set_point is not None) + FLAG["CHANGED"] * (changed > 0) + 32 * len(slow)
        self.states.append(state)
        self.rows.append(
            {
                "flags": flags,
                "elapsed_us": None if in_full else elapsed,
                "now_us": now if in_full else None,
                "before_us": before if in_full else None,
                "changed": changed or None,
                "set_point": None if set_point is None else tuple(set_point),
                "contacts": contacts,
                "counts": counts,
                "slow": slow,
            }
        )


@pytest.mark.parametrize("how", BOARDS)
def test_every_tick_is_in_its_row_and_in_the_digest(how: str) -> None:
    ticks = Ticks(how, seed=len(how))
    said = on_vm("rows_driver.py", ticks.given)
    at = sequence = done = longest = 0
    digest = word = 0
    while at < len(said):
        (size,) = unpack_from("<H", said, at)
        frame, (kept,) = said[at + 2 : at + 2 + size], unpack_from("<I", said, at + 2 + size)
        at += 6 + size
        payload = frame[3:]
        assert (frame[0], int.from_bytes(frame[1:3], "little")) == (protocol.TELEMETRY.kind, sequence)
        assert values(protocol.TELEMETRY.fields, payload) == {"tick": done}
        end = len(payload) - protocol.TELEMETRY.end.size
        tail, begin = values(protocol.TELEMETRY.tail, payload, end), protocol.TELEMETRY.head.size
        state: list[int] = []
        for _ in range(tail["rows"]):
            read = row(payload, begin, how, TICK_US)
            longest, begin = max(longest, read.end - begin), read.end
            assert {name: value for name, value in vars(read).items() if name != "end"} == ticks.rows[done]
            state = ticks.states[done]
            digest = fold(fold(digest, state[K.S_TOKEN]), state[K.S_CAUSE] * 2**16 ^ state[K.S_WARN])
            for folded in state[word : word + protocol.FOLDED]:
                digest = fold(digest, folded)
            word = word + protocol.FOLDED if word + protocol.FOLDED < STATE_WORDS else 0
            done += 1
        assert begin == end and kept == digest
        assert (tail["warn"], tail["on_us"], tail["energy"]) == tuple(
            there % 2**32 for there in (state[K.S_WARN], state[K.S_ON_US], state[K.S_ENERGY_HI])
        )
        sequence += 1
    assert TICKS - R.FRAME < done <= TICKS
    assert longest <= protocol.LONGEST_ROW
