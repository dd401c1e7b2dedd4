"""docs/protocol.md and the C header say what the host and the firmware do."""

import re
import runpy
from binascii import crc_hqx
from pathlib import Path
from types import SimpleNamespace

import pytest
from cobs import cobs

from sonofuse import link, protocol
from sonofuse.board import BOARDS
from sonofuse.layout import FIRMWARE, Constants
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

from .slow_console import row, values

DOCS = Path(__file__).parents[2] / "docs"
WRITER = SimpleNamespace(**runpy.run_path(str(DOCS / "write_protocol.py")))
R = Constants("rows.py")
_HEADER, _CRC = 3, 2  # bytes of a frame before its payload, and behind it


@pytest.mark.parametrize("name", ["page", "header"])
def test_what_is_kept_is_what_the_declaration_gives(name: str) -> None:
    kept = getattr(WRITER, name.upper()).read_text(encoding="utf-8")
    assert kept == getattr(WRITER, name)(), "run: python docs/write_protocol.py"


def test_every_type_and_result_of_the_firmware_is_declared() -> None:
    source = (FIRMWARE / "link.py").read_text(encoding="utf-8")
    frames, results = source.split("# frames out, with rows.TELEMETRY\n")[1].split("# what an ANSWER says\n")
    declared = re.compile(r"^([A-Z]\w*) = const\(\d+\)", re.MULTILINE)
    assert {frame.name for frame in protocol.FRAMES} == {"TELEMETRY", *declared.findall(frames)}
    assert len({frame.kind for frame in protocol.FRAMES}) == len(protocol.FRAMES)
    assert [name for name, _ in protocol.RESULTS] == declared.findall(results)
    assert [getattr(protocol.F, name) for name, _ in protocol.RESULTS] == list(range(len(protocol.RESULTS)))
    sealed = re.findall(r"^([A-Z]+) = const\(\d+\)  # sealed", frames, re.MULTILINE)
    assert [frame.name for frame in protocol.FRAMES if frame.sealed] == sealed


def test_sizes_are_those_of_the_firmware() -> None:
    telemetry, authority = protocol.TELEMETRY, Constants("authority.py")
    assert (_HEADER + telemetry.head.size, telemetry.end.size + _CRC) == (R.HEAD_BYTES, R.TAIL_BYTES)
    assert protocol.DATA.head.size == Constants("link.py")._DATA_BYTES
    assert _HEADER + protocol.RECEIPT.head.size == Constants("receipts.py")._FRAME_BYTES
    assert (protocol.SEAL[1].size, link.SEAL_BYTES) == (authority.MAC_BYTES, authority.SEAL_BYTES)
    assert len(WRITER.KEY) == authority.KEY_BYTES and len(WRITER.NONCE) == authority.NONCE_BYTES
    assert f"_BAUD = {protocol.BAUD:_}\n" in (FIRMWARE / "start.py").read_text(encoding="utf-8")


def test_every_way_to_convert_is_a_driver_of_some_board() -> None:
    drivers = {
        driver for path in BOARDS.glob("*.py") for driver in re.findall(r'^ +\("\w+", "(\w+)"', path.read_text(), re.M)
    }
    assert {driver[0] for driver in drivers} == {letter for letter, _ in protocol.CHANNELS}


def test_telemetry_of_the_firmware_reads_as_declared(tmp_path: Path) -> None:
    """Two frames in a row as they come off the line, by the names of the declaration, against what the rig knows."""
    line = bytearray()
    with Rig(quick_limits(tmp_path), (Sonication(40.0, 0.4),)) as rig:
        assert rig.run_while(lambda: not rig.operator.started_us, 4_000_000)
        rig.run_for(250_000)
        taken = rig.bench.on_received

        def received(t_us: int, data: bytes) -> None:
            line.extend(data)
            taken(t_us, data)

        rig.bench.on_received = received
        rig.run_for(120_000)
        channels = len(rig.bench.board.channels)
    bodies = [cobs.decode(bytes(part)) for part in line.split(b"\0")[1:-1]]
    told = [body for body in bodies if body[0] == protocol.TELEMETRY.kind]
    numbers = [int.from_bytes(body[1:3], "little") for body in told]
    at = next(at for at in range(2, 4) if numbers[at + 1] < numbers[at])
    assert numbers[at : at + 4] == [numbers[at] + step for step in (0, -1, 1, 0)], "each again behind the next one"
    first, second = told[at], told[at + 2]
    assert told[at + 3] == first
    for body in (first, second):
        assert crc_hqx(body[:-2], 0xFFFF) == int.from_bytes(body[-2:], "little")
    assert int.from_bytes(second[1:3], "little") == int.from_bytes(first[1:3], "little") + 1
    head, next_head = (values(protocol.TELEMETRY.fields, body[3:]) for body in (first, second))
    before, after = (values(protocol.TELEMETRY.tail, body, len(body) - 22) for body in (first, second))
    assert (after["state"], after["cause"], after["rows"]) == (3, 0, R.FRAME)
    assert next_head["tick"] - head["tick"] == before["rows"]
    assert after["warn"] < 1 << channels
    assert after["now_us"] - before["now_us"] == pytest.approx(20_000, abs=1_500)
    assert after["on_us"] - before["on_us"] == after["now_us"] - before["now_us"]
    assert after["on_us"] == pytest.approx(310_000, abs=100_000), "of RF"
    assert after["now_us"] > after["on_us"] + 1_000_000, "of the device, which has booted and been armed before"
    assert (after["energy"] - before["energy"]) * 2**15 * 1e-9 == pytest.approx(40.0 * 0.02, rel=0.1)


def test_the_vectors_are_what_the_page_says_of_them() -> None:
    first, second = row(WRITER.IN_FULL, 0, WRITER.HOW, 1000), row(WRITER.ROW, 0, WRITER.HOW, 1000)
    assert (first.now_us, first.before_us, first.counts, first.contacts, first.slow) == (
        123_456_789,
        123_455_789,
        [20_481],
        [0],
        [],
    )
    assert (second.flags & 1, second.elapsed_us, second.counts, second.contacts) == (1, 1003, [20_480], [1])
    assert second.slow == [(WRITER.HOW.index("m"), 8313)]
    for name, kind, sequence, payload in WRITER.VECTORS:
        body = cobs.decode(WRITER.on_the_line(kind, sequence, payload)[:-1])
        assert body[:1] + body[3:-2] == bytes([kind]) + payload, name
    ((_, _, _, telemetry),) = [vector for vector in WRITER.VECTORS if vector[1] == R.TELEMETRY]
    assert telemetry[4:-20] == WRITER.IN_FULL + WRITER.ROW
    assert values(protocol.TELEMETRY.tail, telemetry, len(telemetry) - 20)["now_us"] == 123_456_789 + 1003
