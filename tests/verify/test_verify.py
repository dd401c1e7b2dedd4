"""What verify finds: nothing with the shipped limits, and what is wrong with others and with firmware."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sonofuse.limits import SHIPPED, find
from sonofuse_hil.device import Transform
from sonofuse_hil.guarantees.g04 import blind
from sonofuse_hil.scenario import load_scenario, run_scenario
from sonofuse_hil.verify.model import FAILS, HOLDS, Result
from sonofuse_hil.verify.properties import not_covered
from sonofuse_hil.verify.running import Asked, Suite
from tests.verify import edits

RUN = 3  # examples of each property


def suite(limits: Path, folder: Path, **asked: Any) -> Suite:
    return Suite(replace(Asked(limits, n=RUN), **asked), folder)


def named(tried: Suite, name: str, transform: Transform | None = None) -> Result:
    (one,) = [planned for planned in tried.planned() if planned.name == name]
    return tried.run(one.number, transform)


SHIPPED_HOLD = [
    "normal treatments do not trip",
    "clear of a limit nothing trips",
    "no start before cooling is done",
    "skin_a above",
    "forward idle",
    "reflected ratio",
    "monitor energy",
    "monitor duration",
    "fault sensor_open (1)",
    "fault hung_firmware (29)",
    "fault unplugged (41)",
    "case 28 damaged_firmware",
    "case 3+15 sensor_stuck, overpower",
    "two faults at once",
]


@pytest.mark.parametrize("name", SHIPPED_HOLD)
def test_the_shipped_limits_keep_what_they_promise(name: str, tmp_path: Path) -> None:
    found = named(suite(SHIPPED, tmp_path), name)
    assert (found.verdict, found.why) == (HOLDS, "")
    assert found.examples >= 1 and (found.margin is None or found.margin >= 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bone_metastasis", "mini_ntc"])
def test_all_that_shipped_limits_promise(name: str, tmp_path: Path) -> None:
    tried = suite(find(name), tmp_path, n=5)
    wrong = [(r.name, r.why, r.words) for r in map(tried.run, range(len(tried.properties))) if r.verdict == FAILS]
    assert wrong == []


def test_every_check_is_tried_or_named_as_not_covered(tmp_path: Path) -> None:
    tried = suite(SHIPPED, tmp_path)
    names, blind = {one.name for one in tried.planned()}, not_covered(tried.files)
    for channel, check in tried.files.oracle.limits:
        told = any(line.endswith(tuple(f"{check}: {why}" for why in [line.partition(": ")[2]])) and channel in line
                   for line in blind if f" {check}: " in line)  # fmt: skip
        assert (f"{channel} {check}" in names) != told, (channel, check)
    assert blind[0].startswith("H2 focus in the fat")
    assert any(line.startswith("fault 26 cavitation: board rev_a has no signal") for line in blind)
    assert any(line.startswith("fault 17 stuck_gate: not detected: ") for line in blind)


def test_hazards_are_calculated(tmp_path: Path) -> None:
    rows = suite(SHIPPED, tmp_path).hazards()
    assert {row.verdict for row in rows} == {HOLDS}
    assert {row.name.split(" ")[0] for row in rows} == {"H1", "H2", "H3", "H4", "H5", "H8", "H9"}


def test_a_guarantee_that_is_asked_for(tmp_path: Path) -> None:
    tried = suite(SHIPPED, tmp_path, only=("G10",))
    assert [one.name for one in tried.planned()] == [
        "fault patient_stop (53)",
        "case 55 early_acknowledgement, patient_stop",
    ]
    assert tried.hazards() == []


# what is wrong with the limits, the property that finds it, its reason, and all of the smallest example
WRONG = [
    (
        edits.TIGHT_PAIR,
        "normal treatments do not trip",
        ("RF was never permitted", "tripped by skin_a pair"),
        r"60 W for 300 ms; skin_._offset .* K(; skin_b_offset .* K)?",
    ),
    (
        edits.NO_GUARD,
        "normal treatments do not trip",
        "tripped by forward set",
        r".* W for 300 ms(; .*_error .*)*",
    ),
    (
        edits.NO_GAP,
        "no start before cooling is done",
        "RF came back after",
        r"60 W for 300 ms; 60 W for 300 ms; 0 ms after boot: impatient_operator every .* ms",
    ),
]


@pytest.mark.parametrize(("changes", "name", "why", "words"), WRONG, ids=["pair", "guard", "gap"])
def test_limits_that_are_wrong_are_found(
    changes: dict[str, Any], name: str, why: str | tuple[str, ...], words: str, tmp_path: Path
) -> None:
    limits = edits.write(tmp_path, changes)
    found = named(suite(limits, tmp_path, n=20), name)  # what is drawn depends on what else is imported
    assert found.verdict == FAILS and found.why.startswith(why) and found.repeats
    assert re.fullmatch(words, found.words), found.words
    file = tmp_path / "smallest.toml"
    file.write_text(found.scenario, encoding="utf-8")
    assert run_scenario(load_scenario(file)).reason == found.why


def test_a_debounce_that_is_too_long_for_the_hazard_is_found(tmp_path: Path) -> None:
    rows = suite(edits.write(tmp_path, edits.LAZY_AND_ALLOWED), tmp_path).hazards()
    (wrong,) = [row for row in rows if row.verdict == FAILS]
    assert wrong.name.startswith("H4 overpower") and wrong.bound == 250.0
    assert wrong.value is not None and wrong.value > 300.0


@pytest.mark.parametrize(
    ("check", "name", "why"),
    [
        ("ratio", "reflected ratio", "tripped by monitor stop, which is not an expected cause"),
        ("idle", "forward idle", ("no trip", "took ")),  # a large power uses up the energy, but later
    ],
)
def test_firmware_that_ignores_a_check_is_found(
    check: str, name: str, why: str | tuple[str, ...], tmp_path: Path
) -> None:
    found = named(suite(SHIPPED, tmp_path, n=2), name, blind(check))
    assert found.verdict == FAILS and found.why.startswith(why)


def test_the_same_seed_gives_the_same_examples(tmp_path: Path) -> None:
    first, again, other = (named(suite(SHIPPED, tmp_path, seed=seed), "fault sensor_open (1)") for seed in (1, 1, 2))
    assert first == again
    assert first.value != other.value
