"""Run by test_g12_fuzz_host.py in a process of its own: atheris looks for bytes that reach new code of the host.

What it finds is one frame after the other, each with a right checksum, for a watch that stands beside a device or is
about to; odd ones are raw bytes. Arguments: a folder with a limit set, a recording and a corpus; the number of runs.
"""

# atheris says nothing about its types.
# pyright: reportUnknownMemberType=false, reportAttributeAccessIssue=false

import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sonofuse.link", "sonofuse.clock", "sonofuse.live.watch"]):
    from sonofuse.live.watch import Watch

from sonofuse_hil.device import KEY
from tests.guarantees.host_fuzz import BY_ITSELF, said, sealed, unpacked

FOLDER = Path(sys.argv[1])
LIMITS = (FOLDER / "limits.bin").read_bytes()
HEARD = unpacked((FOLDER / "heard.bin").read_bytes())


def judge(data: bytes) -> None:
    """Some frames as they were, then those of `data`, then what follows."""
    if not data:
        return
    watch = Watch(LIMITS, KEY)
    first = len(HEARD) * data[0] // 256
    for t_ns, frame in HEARD[:first]:
        watch.received(t_ns, frame)
    t_ns = HEARD[first][0]
    at = 1
    while at + 1 < len(data):
        size = data[at + 1]
        body = data[at + 2 : at + 2 + size]
        t_ns += 1_000_000
        watch.received(t_ns, body if data[at] & 7 == 0 else sealed(body))
        at += 2 + size
    for later_ns, frame in HEARD[first : first + 20]:
        watch.received(max(t_ns, later_ns), frame)
    kinds = said(watch)
    if not kinds <= BY_ITSELF:
        raise AssertionError(f"it said {sorted(kinds - BY_ITSELF)}")


def main() -> None:
    corpus = FOLDER / "corpus"
    options = [f"-runs={int(sys.argv[2])}", "-seed=1", "-max_len=600", "-timeout=60", "-rss_limit_mb=0"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={FOLDER}{os.sep}", str(corpus)], judge)
    atheris.Fuzz()


main()
