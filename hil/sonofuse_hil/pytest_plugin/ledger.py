"""What a session has measured: in the terminal's table, and as properties of each test in a JUnit file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pytest

from ..guarantees import summary
from ..measurement import GUARANTEES, Measurement

_PREFIX = "measurement."
_ENDS = {"passed": "passed", "failed": "FAILED", "error": "ERRORS", "skipped": "not run", "xfailed": "expected to fail"}
_OWN = pytest.StashKey[list[Measurement]]()


class Ledger:
    """All measurements of this process and of its workers. `elsewhere`: tests that belong to other shards."""

    def __init__(self) -> None:
        self.measurements: list[Measurement] = []
        self.elsewhere = 0
        self._item: pytest.Item | None = None

    def begin(self, item: pytest.Item) -> None:
        """A test begins: what is measured from now on is its."""
        self._item = item
        item.stash[_OWN] = []

    def end(self) -> None:
        self._item = None

    def note(self, m: Measurement) -> None:
        """Keep a measurement.

        Raises:
            ValueError: if it is about no guarantee that there is.
        """
        if m.guarantee not in GUARANTEES:
            raise ValueError(f"{m.name}: no guarantee {m.guarantee!r}; accepted: {GUARANTEES[0]} to {GUARANTEES[-1]}")
        self.measurements.append(m)
        if self._item is not None:
            self._item.stash[_OWN].append(m)

    def describe(self, item: pytest.Item) -> None:
        """Write what a test has measured so far into its properties: one set for each figure, its worst case."""
        own: list[Measurement] = item.stash.setdefault(_OWN, [])
        rows = summary.summarise(own)
        item.user_properties[:] = [entry for entry in item.user_properties if not str(entry[0]).startswith(_PREFIX)]
        for number, row in enumerate(rows, 1):
            fields = {
                "guarantee": row.guarantee,
                "name": row.name,
                "value": repr(row.worst.value),
                "unit": row.worst.unit,
                "limit": repr(row.worst.limit),
                "tier": row.worst.tier,
                "passed": str(row.passed).lower(),
                "cases": str(row.examples),
                "example": row.worst.example,
            }
            item.user_properties += [(f"{_PREFIX}{number}.{key}", value) for key, value in fields.items()]

    def record(self) -> dict[str, Any]:
        """What a worker hands on."""
        return {"measurements": [asdict(m) for m in self.measurements], "elsewhere": self.elsewhere}

    def merge(self, record: Mapping[str, Any]) -> None:
        """Take what a worker has handed on; every worker has collected all tests, so their shards are the same."""
        self.measurements += [Measurement(**m) for m in record["measurements"]]
        self.elsewhere = record["elsewhere"]

    def show(self, reporter: pytest.TerminalReporter) -> None:
        """The table of what was measured, and how the tests of each guarantee ended."""
        rows = summary.summarise(self.measurements)
        counts = _by_guarantee(reporter.stats)
        if rows or counts:
            reporter.section("guarantees")
        if rows:
            reporter.write_line(summary.table(rows))
        for name in (name for name in GUARANTEES if name in counts):
            ended = counts[name]
            words = [f"{ended[key]} {text}" for key, text in _ENDS.items() if ended[key]]
            reporter.write_line(f"{name} tests: {', '.join(words)}")


LEDGER = pytest.StashKey[Ledger]()


def _by_guarantee(stats: Mapping[str, Iterable[Any]]) -> dict[str, Counter[str]]:
    """By guarantee, how many tests about it ended how."""
    found: dict[str, Counter[str]] = {}
    for ended in _ENDS:
        for report in stats.get(ended, ()):
            for key, name in getattr(report, "user_properties", ()):
                if key == "guarantee":
                    found.setdefault(name, Counter())[ended] += 1
    return found
