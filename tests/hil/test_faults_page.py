"""docs/faults.md: it shows what is kept, what is kept belongs to what is declared now, and it hides nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sonofuse.console import CommandError
from sonofuse.limits import load
from sonofuse_hil.faults import kept, trial
from sonofuse_hil.faults.catalogue import CATALOGUE
from sonofuse_hil.faults.declared import CASES
from sonofuse_hil.faults.kept import Shown, Tier
from sonofuse_hil.faults.page import page
from sonofuse_hil.measurement import EMULATED, SOFTWARE
from sonofuse_hil.platforms.rp2040 import fault_trials
from sonofuse_hil.results import firmware_digest
from tests.quick import quick_limits

KEPT = Path(__file__).parents[2] / "docs" / "faults.json"
AGAIN = "carry out again: make faults"


@pytest.fixture(scope="module")
def tiers() -> dict[str, Tier]:
    return kept.read(KEPT)


def test_the_page_is_what_the_kept_cases_and_the_catalogue_give(tiers: dict[str, Tier]) -> None:
    assert KEPT.with_suffix(".md").read_text(encoding="utf-8") == page(tiers), AGAIN


def test_what_is_kept_is_what_is_declared(tiers: dict[str, Tier], tmp_path: Path) -> None:
    limits = load(quick_limits(tmp_path))
    assert list(tiers[SOFTWARE].cases) == [case.label for case in CASES], AGAIN
    on_chip = [case.label for case in fault_trials.CASES]
    assert EMULATED not in tiers or list(tiers[EMULATED].cases) == on_chip, f"{AGAIN} FAULTS='--on rp2040'"
    for tier in tiers.values():
        for case in (case for case in CASES if case.label in tier.cases):
            seen = tier.cases[case.label]
            assert (seen.expected, seen.bound_us, seen.wrong) == (case.text, case.bound_us(limits), ""), AGAIN


@pytest.mark.check
def test_what_is_kept_is_seen_with_this_firmware(tiers: dict[str, Tier], tmp_path: Path) -> None:
    assert {tier.firmware_sha256 for tier in tiers.values()} == {firmware_digest()}, AGAIN
    for case in CASES:
        assert kept.shown(trial.perform(case, tmp_path)) == tiers[SOFTWARE].cases[case.label], AGAIN


def test_every_row_is_on_the_page_and_what_is_not_covered_comes_first(tiers: dict[str, Tier]) -> None:
    text = page(tiers)
    assert "not run | not run" not in text
    heads = ["## Not covered", "## Not detected", "## Answered, but", "## All cases", "## Cases that touch", "## Named"]
    assert [text.count(head) for head in heads] == [1] * len(heads)
    assert sorted(heads, key=text.index) == heads
    cases = text[text.index("## All cases") :]
    for row in CATALOGUE:
        assert f"\n| {row.number} | {row.what}: " in cases, row


def test_a_case_that_was_not_run_or_failed_shows(tiers: dict[str, Tier]) -> None:
    label = "15 overpower"
    whole = tiers[SOFTWARE].cases
    failed = replace(whole[label], wrong="took 11000 µs, allowed are 10300", reaction_us=11_000)

    def text(cases: dict[str, Shown]) -> str:
        return page({SOFTWARE: replace(tiers[SOFTWARE], cases=cases)})

    line = "overpower: `overpower` | T | trip by forward above or forward set | {} | G1 |"
    seen = "trip by forward above; warned of forward **not as declared: took 11000 µs, allowed are 10300**"
    assert line.format(f"{seen} | 11\u202f000 | 10\u202f300 | -700") in text({**whole, label: failed})
    assert line.format("not run | not run | – | –") in text({k: v for k, v in whole.items() if k != label})
    assert "Not run: `sonofuse hil faults --on rp2040`" in text(dict(whole))


def test_a_tier_takes_its_own_place_alone(tiers: dict[str, Tier], tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    one, other = list(tiers[SOFTWARE].cases.values())[:2]
    kept.keep(path, EMULATED, {"command": "first"}, [other])
    kept.keep(path, SOFTWARE, {"command": "second"}, [one])
    kept.keep(path, EMULATED, {"command": "third"}, [other])
    found = kept.read(path)
    assert list(found) == [SOFTWARE, EMULATED]
    assert [tier.ran["command"] for tier in found.values()] == ["second", "third"]
    assert found[SOFTWARE].cases == {one.case: one}


@pytest.mark.parametrize("text", ["{", "[]", '{"software": {}}', json.dumps({"software": {"cases": [{"case": 1}]}})])
def test_a_file_that_is_none_is_one_clear_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match="not what sonofuse hil faults has written; remove it"):
        kept.read(path)
