"""docs/protocol.md and the C header say what the host and the firmware do."""

import random
import re
import runpy
import shutil
import subprocess
from binascii import crc_hqx
from pathlib import Path
from types import SimpleNamespace

import pytest
from cobs import cobs

from sonofuse import protocol
from sonofuse.layout import FIRMWARE, Constants
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

DOCS = Path(__file__).parents[2] / "docs"
WRITER = SimpleNamespace(**runpy.run_path(str(DOCS / "write_protocol.py")))
T = Constants("telemetry.py")

C_PROGRAM = """
#include <stdio.h>
#include <string.h>
#include "sonofuse_link.h"

int main(void) {
    unsigned type, sequence, n, byte;
    while (scanf("%u %u %u", &type, &sequence, &n) == 3) {
        uint8_t payload[SONOFUSE_PAYLOAD_MAX], line[SONOFUSE_PAYLOAD_MAX + 8];
        for (unsigned i = 0; i < n; i++) { if (scanf("%2x", &byte) != 1) return 1; payload[i] = (uint8_t)byte; }
        size_t length = sonofuse_encode((uint8_t)type, (uint16_t)sequence, payload, n, line);
        for (size_t i = 0; i < length; i++) printf("%02x", line[i]);
        int back = sonofuse_decode(line + 1, length - 2);
        if (back != (int)n || line[1] != type || sonofuse_u16(line + 2) != sequence) return 2;
        if (memcmp(line + 4, payload, n)) return 3;
        printf("\\n");
    }
    return 0;
}
"""


@pytest.mark.parametrize("name", ["page", "header"])
def test_what_is_kept_is_what_the_declaration_gives(name: str) -> None:
    kept = getattr(WRITER, name.upper()).read_text(encoding="utf-8")
    assert kept == getattr(WRITER, name)(), "run: python docs/write_protocol.py"


def test_every_type_and_result_of_the_firmware_is_declared() -> None:
    source = (FIRMWARE / "link.py").read_text(encoding="utf-8")
    frames, results = source.split("# frames out\n")[1].split("# what an ANSWER says\n")
    declared = re.compile(r"^([A-Z]\w*) = const\(\d+\)", re.MULTILINE)
    assert {frame.name for frame in protocol.FRAMES} == set(declared.findall(frames))
    assert [name for name, _ in protocol.RESULTS] == declared.findall(results)
    assert [getattr(protocol.F, name) for name, _ in protocol.RESULTS] == list(range(len(protocol.RESULTS)))


def test_sizes_are_those_of_the_firmware() -> None:
    assert (protocol.TELEMETRY.head.size, protocol.TELEMETRY.row.size) == (T.HEAD_BYTES, T.CHANNEL_BYTES)
    assert protocol.DATA.head.size == Constants("link.py")._DATA_BYTES
    assert f"_BAUD = {protocol.BAUD:_}\n" in (FIRMWARE / "start.py").read_text(encoding="utf-8")


def fields(layout: protocol.Layout, payload: bytes) -> dict[str, int]:
    return dict(zip([field.name for field in layout.fields], layout.head.unpack_from(payload), strict=True))


def test_telemetry_of_the_firmware_reads_as_declared(tmp_path: Path) -> None:
    """Two frames in a row as they come off the line, by the names of the declaration, against what the rig knows."""
    line = bytearray()
    with Rig(quick_limits(tmp_path), (Sonication(40.0, 0.4),)) as rig:
        assert rig.run_while(lambda: not rig.operator.started_us, 4_000_000)
        rig.run_for(250_000)
        taken = rig.bench.received
        rig.bench.received = lambda t_us, data: (line.extend(data), taken(t_us, data))  # type: ignore[method-assign]
        rig.run_for(120_000)
        names = [channel.name for channel in rig.bench.board.channels]
    bodies = [cobs.decode(bytes(part)) for part in line.split(b"\0")[1:-1]]
    first, second = [body for body in bodies if body[0] == protocol.TELEMETRY.kind][1:3]
    for body in (first, second):
        assert crc_hqx(body[:-2], 0xFFFF) == int.from_bytes(body[-2:], "little")
    assert int.from_bytes(second[1:3], "little") == int.from_bytes(first[1:3], "little") + 1
    before, after = (fields(protocol.TELEMETRY, body[3:]) for body in (first, second))
    assert (after["state"], after["channels"], after["cause"]) == (3, len(names), 0)
    assert after["warn"] < 1 << len(names)
    assert after["now_us"] - before["now_us"] == pytest.approx(20_000, abs=1_500)
    assert after["on_us"] - before["on_us"] == after["now_us"] - before["now_us"]
    assert after["on_us"] == pytest.approx(310_000, abs=100_000), "of RF"
    assert after["now_us"] > after["on_us"] + 1_000_000, "of the device, which has booted and been armed before"
    assert (after["energy"] - before["energy"]) * 2**15 * 1e-9 == pytest.approx(40.0 * 0.02, rel=0.1)
    rows = [
        list(protocol.TELEMETRY.row.iter_unpack(body[3 + protocol.TELEMETRY.head.size : -2]))
        for body in (first, second)
    ]
    contact = names.index("stop_loop")
    assert rows[1][contact][1:] == (1, 0)
    assert (rows[1][contact][0] - rows[0][contact][0]) % 256 == pytest.approx(20, abs=2)


def on_the_line(kind: int, sequence: int, payload: bytes) -> str:
    return bytes(WRITER.on_the_line(kind, sequence, payload)).hex()


def test_the_header_in_c_makes_and_reads_the_same_frames(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    assert compiler, "a C compiler is among what this project needs"
    (tmp_path / "frames.c").write_text(C_PROGRAM, encoding="utf-8")
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run([compiler, *strict, f"-I{DOCS}", "frames.c", "-o", "frames"], cwd=tmp_path, check=True)
    chance = random.Random(1)
    made = [(kind, sequence, payload) for _, kind, sequence, payload in WRITER.VECTORS]
    made += [
        (chance.randrange(256), chance.randrange(65_536), bytes(chance.choices((0, 1, 255), k=n))) for n in range(233)
    ]
    asked = "".join(f"{kind} {sequence} {len(payload)} {payload.hex()}\n" for kind, sequence, payload in made)
    ended = subprocess.run([tmp_path / "frames"], input=asked, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["00" + on_the_line(*frame) for frame in made]
