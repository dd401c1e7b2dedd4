"""A small TOML file of flat tables (a scenario, a plan), and the line on which each of its keys stands."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonofuse.limits.problems import Findings

LONGEST = 1 << 18  # bytes; such a file has some hundred


def read_toml(path: Path, findings: Findings, what: str) -> dict[str, Any] | None:
    """What a file holds; None, with a finding, if it cannot be read. `what` it should be: "a scenario file"."""
    text = ""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LONGEST + 1)
        if len(raw) > LONGEST:
            findings.add((), None, "is larger than 256 KiB", f"{what}, TOML")
            return None
        text = raw.decode("utf-8").replace("\r\n", "\n")
        data = tomllib.loads(text)
    except OSError as error:
        findings.add((), None, f"cannot be read ({error.strerror})", f"the path of {what}")
    except UnicodeDecodeError:
        findings.add((), None, "is not UTF-8 text", "save the file as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        findings.lines[("file",)] = int(found[1]) if found else text.count("\n") + 1
        wrong = str(error).removesuffix(found[0] if found else "").strip()
        findings.add(("file",), None, f"is not TOML ({wrong})", 'key = "value" lines under [table] headers')
    else:
        findings.lines = dict(_lines(text))
        return data
    return None


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where tables and keys stand; the elements of an array of tables are counted from 1."""
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[(\[?)\s*(\w+)\s*\]", line):
            table = (header[2],)
            if header[1]:
                counts[header[2]] = counts.get(header[2], 0) + 1
                table += (str(counts[header[2]]),)
            yield table, number
        elif key := re.match(r"\s*(\w+)\s*=", line):
            yield (*table, key[1]), number
