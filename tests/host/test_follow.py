"""The page is right: a console written from it follows a real device, and gets the digests that the device takes."""

from itertools import product

import pytest
from cobs import cobs

from sonofuse import link, protocol
from sonofuse.link import F
from sonofuse.live.record import Record
from sonofuse_firmware.states import SAFE, TRIPPED
from sonofuse_hil.device import KEY
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from tests.quick import quick_limits

from .slow_console import CHANGE, FLAG, SlowConsole, values


class Tap:
    """Hears both directions of a rig's line: what the device said, the receipts of its operator by frame, and what else
    the operator's watch noted down."""

    def __init__(self, rig: Rig) -> None:
        self.said = b""
        self.receipts: dict[int, int] = {}
        self.records: list[Record] = []
        self._take = rig.operator.watch.take
        rig.operator.watch.take = self._taken  # type: ignore[method-assign]
        self._hear, self._say = rig.bench.on_received, rig.bench.send
        rig.bench.on_received = self._received
        rig.bench.send = self._sent  # type: ignore[method-assign]

    def _taken(self) -> list[Record]:
        taken = self._take()
        self.records += taken
        return taken

    def _received(self, t_us: int, data: bytes) -> None:
        self.said += data
        self._hear(t_us, data)

    def _sent(self, data: bytes) -> None:
        body = cobs.decode(data.strip(b"\0"))
        if body[0] == protocol.RECEIPT.kind:
            receipt = values(protocol.RECEIPT.fields, body[3:-2])
            self.receipts[receipt["frame"]] = receipt["digest"]
        self._say(data)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Tap]:
    """A device that is acknowledged and does a sonication, trips in the next one, is acknowledged in vain as a new
    treatment, and then as the same one; its limit set, and what went over its line."""
    plan = (Sonication(40.0, 0.3), Sonication(40.0, 1.0))
    with Rig(quick_limits(tmp_path_factory.mktemp("follow")), plan) as rig:
        tap = Tap(rig)
        rig.after_rf(200_000, "supply", "", lambda: rig.bench.force("supply", 0.0), 1)
        assert rig.run_while(lambda: rig.operator.tripped_us is None, 6_000_000)
        rig.run_for(300_000)
        rig.operator.acknowledge(True)
        rig.run_for(100_000)
        assert rig.operator.telemetry is not None and rig.operator.telemetry.state == TRIPPED
        rig.bench.force("supply", None)
        rig.run_for(100_000)
        rig.operator.acknowledge(False)
        rig.run_for(100_000)
        assert rig.operator.telemetry.state == SAFE
        for part, offset in product((0, 1, 4, 255), range(0, 1024, 128)):
            rig.bench.send(link.encode(F.READ, 0, link.read_request(part, offset)))
            rig.run_for(20_000)
        assert (rig.folder / "key.bin").read_bytes() == KEY
        return rig.blob, tap


def test_a_console_made_from_the_page_gets_the_digests_of_a_real_device(heard: tuple[bytes, Tap]) -> None:
    blob, tap = heard
    slow = SlowConsole(blob)
    slow.received(tap.said)
    assert len(tap.receipts) > 80
    assert {frame: slow.digests.get(frame) for frame in tap.receipts} == tap.receipts
    assert slow.identity == {
        "version": protocol.VERSION,
        "tick_us": 1000,
        "nonce": slow.identity["nonce"],
        "chip": slow.identity["chip"],
        "limits": blob[-32:],
        "receipt_us": 250_000,
    }
    flags = {name for read in slow.rows for name, bit in FLAG.items() if read.flags & bit}
    assert flags >= {"ON", "TIME", "SET", "CHANGED"}
    changes = [CHANGE[read.changed] for read in slow.rows if read.changed is not None]
    assert changes[-4:] == ["NEW_TREATMENT", "NEW_TREATMENT", "BACK", "CLEARED"]
    assert max(len(read.slow) for read in slow.rows) > 0


def test_any_frame_may_be_lost_once(heard: tuple[bytes, Tap]) -> None:
    blob, tap = heard
    slow = SlowConsole(blob)
    telemetry = 0
    frames = tap.said.split(b"\0")[:-1]
    for number, coded in enumerate(frames):
        if coded and cobs.decode(coded)[0] == protocol.TELEMETRY.kind:
            telemetry += 1
            if telemetry % 5 == 0 and number < len(frames) - 3:  # the last ones do not come again any more
                continue
        slow.received(coded + b"\0")
    assert {frame: slow.digests.get(frame) for frame in tap.receipts} == tap.receipts


def test_a_word_of_the_state_that_differs_changes_every_digest_after_it(heard: tuple[bytes, Tap]) -> None:
    """The canary: what a wrong page, or a wrong kernel, would look like."""
    blob, tap = heard
    slow = SlowConsole(blob)
    half = tap.said.index(b"\0", len(tap.said) // 2) + 1
    slow.received(tap.said[:half])
    before = {frame for frame in tap.receipts if frame in slow.digests}
    slow.kernel.channels[0].dose.low ^= 1
    slow.received(tap.said[half:])
    same = {frame for frame in tap.receipts if slow.digests.get(frame) == tap.receipts[frame]}
    assert before <= same and len(same - before) <= 5, "every word is in the digest within 99 ticks"


def test_nobody_says_the_key(heard: tuple[bytes, Tap]) -> None:
    _, tap = heard
    bodies = [cobs.decode(coded) for coded in tap.said.split(b"\0") if coded]
    pieces = [body[3 + protocol.DATA.head.size - 128 : -2] for body in bodies if body[0] == protocol.DATA.kind]
    said = b"".join([*bodies, *pieces, *(record.data for record in tap.records)])
    assert len(said) > 50_000
    for at in range(len(KEY) - 7):
        part = KEY[at : at + 8]
        assert part not in said and part.hex().encode() not in said
