"""The search towards the smallest margin: the same rows whatever ended first, and after any interruption."""

import hashlib
import random
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.campaign import search
from sonofuse_hil.campaign.declared import DIMENSIONS
from sonofuse_hil.campaign.folder import WHOLE, Folder
from sonofuse_hil.campaign.kinds import KINDS
from sonofuse_hil.campaign.rows import GENERATION, RANDOM, SEARCH, Asked, Lineage, Row, part_of, point
from sonofuse_hil.campaign.running import run_missing

ASKED = Asked(3 * GENERATION, 1, SHIPPED)


def made_up(lineage: Lineage) -> Row:
    """A row that no rig has run: its margin is a function of its lineage."""
    value = int.from_bytes(hashlib.sha256(repr(lineage).encode()).digest()[:4], "big")
    texts = dict.fromkeys(("second", "second_phase", "values", "reason", "run_sha256"), "")
    numbers = dict.fromkeys(("planned_s", "simulated_s"), 1.0)
    return {
        "number": lineage[0], "part": part_of(lineage[0]), "lineage": ",".join(map(str, lineage)), "seed": 1,
        "fault": tuple(KINDS)[value % 7], "phase": "", "guarantee": "G1", "outcome": "safe", "sonications": 1,
        "cause": "" if value % 3 else "a cause", "reaction_us": 1, "bound_us": 1000, "margin_us": value % 997,
        "skin_k": value % 101 / 10.0, **texts, **numbers,
    }  # fmt: skip


class _StopError(Exception):
    """In the middle."""


class _Unsteady:
    """Threads that end in another order every time, and are stopped after some blocks."""

    width = 4

    def __init__(self, threads: ThreadPoolExecutor, stop_after: int = 10**6) -> None:
        self._threads, self._left = threads, stop_after

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]:
        self._left -= 1
        if self._left < 0:
            raise _StopError
        return self._threads.submit(self._run, lineages)

    @staticmethod
    def _run(lineages: Sequence[Lineage]) -> list[Row]:
        time.sleep(random.random() * 0.003)
        return [made_up(lineage) for lineage in lineages]


class _InOrder:
    """One after the other."""

    width = 1

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]:
        future: Future[list[Row]] = Future()
        future.set_result([made_up(lineage) for lineage in lineages])
        return future


def test_any_order_and_any_interruption_give_the_same_rows(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = Folder(tmp_path / "one", ASKED), Folder(tmp_path / "other", ASKED)
    run_missing(one, _InOrder(), lambda _rows: None)
    with ThreadPoolExecutor(4) as threads:
        for stop_after in (3, 11, 29):
            with pytest.raises(_StopError):
                run_missing(other, _Unsteady(threads, stop_after), lambda _rows: None)
        run_missing(other, _Unsteady(threads), lambda _rows: None)
    one.finish(), other.finish()
    assert (tmp_path / "one" / WHOLE).read_bytes() == (tmp_path / "other" / WHOLE).read_bytes()
    searched = [row for row in one.rows() if row["part"] == SEARCH]
    assert len(searched) == 60 and all("," in row["lineage"] for row in searched)


def test_parents_are_the_rows_with_the_smallest_margin_and_the_warmest_skin() -> None:
    rows = [made_up((number,)) for number in range(100)]
    chosen = search.parents(rows)
    best = min(rows, key=lambda row: row["margin_us"])
    warm = min((row for row in rows if not row["cause"]), key=lambda row: row["skin_k"])
    assert chosen[0] == (best["number"],) and (warm["number"],) in chosen
    assert chosen == search.parents(rows[::-1])


def test_a_known_gap_is_no_parent() -> None:
    rows = [made_up((number,)) for number in range(100)]
    closest, warmest = search.parents(rows)[0], search.parents(rows)[-5]
    for number in (*closest, *warmest):
        rows[number] |= {"fault": "focus_on_skin", "second": "detached_sensor"}
    assert not {closest, warmest} & set(search.parents(rows))


def test_a_neighbour_is_near_its_parent_and_another_one_elsewhere() -> None:
    number = 2 * GENERATION - 1
    parent, near = point(1, (5,)), point(1, (number, 5))
    assert len(near) == DIMENSIONS and all(0.0 <= value <= 1.0 for value in near) and near != parent
    moved = [abs(a - b) for a, b in zip(parent, near, strict=True) if a != b]
    assert 0 < len(moved) < DIMENSIONS and max(moved) < 0.5
    assert point(1, (number, 5)) == near != point(1, (number - 1, 5))


def test_what_is_independent_depends_on_nothing_but_seed_and_number() -> None:
    for number in (0, 119, 170, 200, 1_000_000 * GENERATION + 7):
        assert part_of(number) == RANDOM and len(point(3, (number,))) == DIMENSIONS
    assert [part_of(n) for n in (120, 169, 320, 370, 399)] == ["quasi-random"] * 3 + [SEARCH] * 2
