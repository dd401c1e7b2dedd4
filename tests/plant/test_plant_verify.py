"""The cases of `make verify-plant` as tests, and solvers broken on purpose that they must not let pass."""

import math
import re
import sys

import numpy as np
import pytest

from sonofuse_hil.plant.verify import CASES, Case, Found
from sonofuse_hil.plant.verify import __main__ as command
from sonofuse_hil.plant.verify.page import page
from sonofuse_hil.plant.volume import Volume

BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=[pytest.mark.slow] * case.slow) for case in CASES]
)
def test_case(case):
    found = case.measure()
    assert case.passes(found.value), f"{case.figure} {found.value} {case.unit}; {found.note}"


def test_names_are_unique_and_every_case_has_a_source():
    assert len(BY_NAME) == len(CASES)
    assert all(case.source and case.what and case.tolerance > 0 for case in CASES)


def no_perfusion(self):
    return np.zeros_like(self.cells.perfusion)


def arithmetic(self):
    """Conductivity at the interface as a mean: right inside a layer, wrong where two meet."""
    size, k = self.cells.size_m, self.cells.conductivity
    return (k[:-1] + k[1:]) / (size[:-1] + size[1:])


def no_film(self):
    """The skin at the water's temperature."""
    return float(2 * self.cells.conductivity[0] / self.cells.size_m[0])


def first_order(self, heating, dt_s):
    self._start_step(heating, dt_s)


def flat(self):
    """Across the beam as if it were a plane: faces of one width."""
    centre = (self.faces_m[1:] + self.faces_m[:-1]) / 2
    flow = 1 / np.diff(centre)
    lost = np.append(flow, 0.0) + np.insert(flow, 0, 0.0)
    return (np.diag(lost) - np.diag(flow, 1) - np.diag(flow, -1)) / np.diff(self.faces_m)[:, np.newaxis]


@pytest.mark.parametrize(
    ("part", "broken", "cases"),
    [
        ("perfusion", no_perfusion, ["uniform-perfused", "steady-slab-water", "green-function", "order-in-space"]),
        ("conductances", arithmetic, ["order-in-space"]),
        ("to_water", no_film, ["steady-slab-water", "steady-slab-heated", "order-in-space", "energy"]),
        ("_step", first_order, ["order-in-time"]),
        ("_across_operator", flat, ["radial-gaussian", "green-function", "order-in-space"]),
    ],
)
def test_a_broken_solver_is_found(monkeypatch, part, broken, cases):
    monkeypatch.setattr(Volume, part, broken)
    for name in cases:
        assert not BY_NAME[name].passes(BY_NAME[name].measure().value), name


@pytest.mark.parametrize("value", [math.nan, 2.0])
def test_one_case_out_of_tolerance_is_the_exit_code(monkeypatch, tmp_path, capsys, value):
    case = Case("planted", "nothing", "number", "K", 1.0, "here", lambda: Found(value))
    monkeypatch.setattr(command, "CASES", (case, BY_NAME["uniform-heating"]))
    assert command.main(["--out", str(tmp_path)]) == 1
    assert "out of tolerance: planted" in capsys.readouterr().out
    assert "1 of 2 cases" in (tmp_path / "plant.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_outside_and_is_the_same_again(tmp_path):
    assert command.main(["--out", str(tmp_path), "uniform-perfused", "order-in-space"]) == 0
    text = (tmp_path / "plant.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|src=|url\((?!#)|href=\"(?!#)", text)
    assert text.count("<svg ") == 2
    assert "not validation" in text
    results = [(BY_NAME[name], BY_NAME[name].measure()) for name in ("uniform-perfused", "order-in-space")]
    assert page(results, "v", "c") == page(results, "v", "c")


def test_without_matplotlib_it_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.delitem(sys.modules, "sonofuse_hil.plant.verify.page")
    monkeypatch.delitem(sys.modules, "sonofuse_hil.plant.verify.figures")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert command.main(["--out", str(tmp_path), "uniform-heating"]) == 3
    assert "sonofuse[hil]" in capsys.readouterr().err


def test_bad_input_is_one_line(tmp_path, capsys):
    assert command.main(["--out", str(tmp_path), "nonsense"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "choose from uniform-heating" in said
    (tmp_path / "file").write_text("")
    assert command.main(["--out", str(tmp_path / "file"), "uniform-heating"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
