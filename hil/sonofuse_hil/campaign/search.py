"""The search towards the smallest margin: whose neighbours the rows of a generation are.

A pure function of all rows of earlier generations, so that it is the same for any number of processes and after any
interruption.
"""

from collections.abc import Sequence

from .expected import blind_spots
from .rows import GENERATION, SEARCH, Lineage, Row, part_of

PARENTS = 10  # by time, and half as many by temperature


def generation(number: int) -> int:
    """The generation of a row."""
    return number // GENERATION


def closeness(row: Row) -> float | None:
    """The share of its bound that was left, None where no bound in time followed."""
    return None if row["margin_us"] is None or not row["bound_us"] else row["margin_us"] / row["bound_us"]


def parents(rows: Sequence[Row]) -> list[Lineage]:
    """The rows with the smallest margin: by time, at most one of each pair of fault and phase, and by true skin
    temperature among those that did not trip; in a fixed order. Faults that are declared not to be detected together
    are no parents: what they lead to is known, and the search would find nothing else any more."""
    rows = [row for row in rows if not blind_spots(row["fault"], row["second"])]
    timed = sorted((share, row["number"], row) for row in rows if (share := closeness(row)) is not None)
    found: dict[tuple[str, str], Row] = {}
    for _, _, row in timed:
        found.setdefault((row["fault"], row["phase"]), row)
    warm = sorted((row["skin_k"], row["number"], row) for row in rows if not row["cause"])
    chosen = [*list(found.values())[:PARENTS], *(row for _, _, row in warm[: PARENTS // 2])]
    return [tuple(int(number) for number in row["lineage"].split(",")) for row in chosen]


def lineages(numbers: Sequence[int], rows: Sequence[Row]) -> list[Lineage]:
    """The lineage of each row of a block; `rows` are those of all earlier generations, in any order."""
    if part_of(numbers[0]) != SEARCH:
        return [(number,) for number in numbers]
    chosen = parents([row for row in rows if generation(row["number"]) < generation(numbers[0])]) or [(0,)]
    return [(number, *chosen[number % len(chosen)]) for number in numbers]
