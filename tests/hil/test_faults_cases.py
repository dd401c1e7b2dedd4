"""Every case of the catalogue, carried out on a device in the software tier: what is declared is what is seen."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse_hil import faults
from sonofuse_hil.faults import trial
from sonofuse_hil.faults.cases import UNSEEN, WARNED, Case
from sonofuse_hil.faults.catalogue import CATALOGUE, DOUBLES
from sonofuse_hil.faults.declared import CASES
from sonofuse_hil.faults.judged import measurements
from sonofuse_hil.measurement import Measurement

REV_A = load_board("rev_a")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_fault_is_answered_as_declared(case: Case, folder: Path, measured: Callable[[Measurement], None]) -> None:
    seen = trial.perform(case, folder)
    for measurement in measurements(seen):
        measured(measurement)


def test_every_row_has_a_case_or_says_why_not() -> None:
    shown = {row for case in CASES for row in case.rows}
    for row in CATALOGUE:
        assert (row.number in shown) != bool(row.not_covered(REV_A)), row
    assert {double.name for double in DOUBLES} <= {case.of for case in CASES}


def test_every_fault_has_a_case_of_each_of_its_rows_or_beside_them() -> None:
    shown = {(row, part.name) for case in CASES for row in case.rows or (0,) for part in case.parts}
    for name in faults.fault_names():
        assert all((row, name) in shown for row in faults.get(name).numbers or (0,)), name


def test_a_focus_in_the_fat_burns_it_under_a_cool_skin(folder: Path) -> None:
    """Why that case is one of those that are not detected: nothing that is watched leaves its limits."""
    case = next(case for case in CASES if case.label == 'focus_moved lateral="0 mm" deeper="-30 mm"')
    curves = trial.perform(case, folder).run.samples.curves
    assert max(curves["fat"]) > 57.0, "about 4000 CEM43 in 20 s (domain sheet)"
    assert max(*curves["skin_a"], *curves["skin_b"]) < 39.0, "no warning"


def test_cases_are_told_apart_and_what_is_not_detected_says_why() -> None:
    assert [label for label, count in Counter(case.label for case in CASES).items() if count > 1] == []
    for case in CASES:
        assert len(case.rows) < 2 or case.rows in [(double.first, double.second) for double in DOUBLES]
        assert case.why or case.status not in (UNSEEN, WARNED), case.label
        assert not any(part.fault.uncovered(REV_A, part.values) for part in case.parts), case.label
