"""A mistyped pseudonym is always noticed, and nobody can choose one."""

import random
from itertools import combinations

import pytest

from sonofuse.console import CommandError
from sonofuse.live.sessions import forms, pseudonym
from sonofuse.live.sessions.names import read_name
from sonofuse.live.sessions.regions import REGIONS, region_problem

CODES = [pseudonym.complete("".join(random.Random(seed).choices(pseudonym.ALPHABET, k=5))) for seed in range(100)]
PLACES = (2, 3, 4, 5, 7, 8)  # of the characters that are not the same in all codes


def refused(code: str) -> bool:
    try:
        pseudonym.read(code)
    except ValueError:
        return True
    return False


def test_every_wrong_character_and_every_swap_is_noticed() -> None:
    for code in CODES:
        assert pseudonym.read(code) == code
        for place in PLACES:
            for character in set(pseudonym.ALPHABET) - {code[place]}:
                assert refused(code[:place] + character + code[place + 1 :])
        for one, other in combinations(PLACES, 2):
            swapped = list(code)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            assert code[one] == code[other] or refused("".join(swapped))


def test_what_is_made_is_right_and_always_another() -> None:
    made = {pseudonym.make() for _ in range(500)}
    assert len(made) >= 498  # two of 500 are equal once in 230 times
    assert {pseudonym.read(code) for code in made} == made
    assert pseudonym.read(" p-7k3m-q2 ") == "P-7K3M-Q2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Smith",
        "P-SMIT-H1",
        "P-7K3M-Q",
        "P-7K3M-Q22",
        "P7K3MQ2",
        "P-7K3M-Q3",
        "P-0000-00",
        "P-7K3M-Q2/1",
        "P-ÄÖÜ3-Q2",
    ],
)
def test_no_pseudonym_can_be_chosen(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no pseudonym|is mistyped"):
        pseudonym.read(text)


@pytest.mark.parametrize("text", ["P-7K3M-Q2", "P-7K3M-Q2/x", "P-7K3M-Q2/-1", "P-7K3M-Q2/1/2/3", "P-7K3M-Q2/²", ""])
def test_what_names_no_treatment_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="write a treatment, P-7K3M-Q2/1"):
        read_name(text, 2)


def test_names() -> None:
    assert read_name("p-7k3m-q2/12/3", 3) == ("P-7K3M-Q2", (12, 3))
    with pytest.raises(CommandError, match="mistyped"):
        read_name("P-7K3M-Q3/1", 2)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (forms.who, "Martin Kaspar"), (forms.who, "mk"), (forms.who, "M"), (forms.who, "MK/"), (forms.who, ""),
        (forms.why, ""), (forms.why, "ok"), (forms.why, "x" * 201), (forms.why, "two\nlines"),
        (forms.why, "patient born 3.4.1961 moved"), (forms.why, "case 20310412"), (forms.why, "since 1961-04-03"),
        (forms.device, ""), (forms.device, "of John Smith"), (forms.recording, "/home/smith/run.mcap"),
        (forms.recording, "a b.mcap"),
    ],
)  # fmt: skip
def test_no_word_has_room_for_an_identity(form: object, text: str) -> None:
    assert callable(form)
    with pytest.raises(ValueError, match=r"who|why|device|recording"):
        form(text)


def test_words_that_fit() -> None:
    assert forms.who("MK") == "MK"
    assert forms.who("MK/ENG") == "MK/ENG"
    assert forms.why("  read 812 J in the recording ") == "read 812 J in the recording"
    assert forms.recording("") == ""
    assert forms.recording("2031-02-03T10:00:00Z.mcap") == "2031-02-03T10:00:00Z.mcap"


def test_regions_are_a_fixed_list() -> None:
    assert len(REGIONS) == 5 + 2 * (12 + 12) + 24
    assert region_problem("ilium_left") == ""
    assert region_problem("ilium_lft") == 'did you mean "ilium_left"?'
    assert region_problem("smith").startswith("write a bone and its side")
