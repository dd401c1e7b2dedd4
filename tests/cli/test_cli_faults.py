"""`sonofuse hil faults` and `sonofuse hil list --faults` as a process."""

from pathlib import Path

import pytest

from .command import sonofuse


def test_chosen_rows_are_carried_out(tmp_path: Path) -> None:
    ended = sonofuse(tmp_path, "hil", "faults", "15", "3+15", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert (ended.data["passed"], ended.data["tier"]) == (True, "software")
    shown = {case["case"]: case for case in ended.data["cases"]}
    assert list(shown) == ["15 overpower", "15 power_error", "3+15 sensor_stuck, overpower"]
    for case in shown.values():
        assert case["wrong"] == ""
        assert case["margin_us"] == case["bound_us"] - case["reaction_us"] > 0
    text = sonofuse(tmp_path, "hil", "faults", "53")
    assert "1 of 1 cases as declared, board rev_a, tier: software." in text.out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("59",), 2, "'59': rows are 1 to 58, and 3+15, 17+46, 33+29"),
        (("15+3",), 2, "rows are 1 to 58"),
        (("26",), 2, "row 26: not covered: board rev_a has no signal for 'acoustic_spectrum'"),
        (("--out", "kept", "3"), 2, "leave the ROWs out"),
        (("--on", "board"), 2, "not made for a real board"),
        (("--uf2", "none.uf2"), 2, "--uf2 belongs to --on rp2040"),
        (("--micropython", "nowhere"), 3, "nowhere"),
        (("--out", "file"), 3, "file: cannot write there (is a file)"),
        (("--out", "."), 3, "faults.json: not what sonofuse hil faults has written; remove it"),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path: Path, words: tuple[str, ...], code: int, text: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "faults.json").write_text("{", encoding="utf-8")
    ended = sonofuse(tmp_path, "hil", "faults", *words)
    assert (ended.code, ended.out) == (code, "")
    assert text in ended.err and ended.err.count("\n") == 1


def test_a_row_without_a_case_for_the_emulated_chip_is_refused(tmp_path: Path) -> None:
    ended = sonofuse(tmp_path, "hil", "faults", "15", "--on", "rp2040")
    assert (ended.code, ended.err) == (2, "sonofuse: row 15: no case of it is made for --on rp2040\n")


@pytest.mark.parametrize(("board", "blind"), [("rev_a", 7), ("mini_ntc", 9)])
def test_the_catalogue_lists_what_a_board_cannot_show_first(tmp_path: Path, board: str, blind: int) -> None:
    data = sonofuse(tmp_path, "hil", "list", "--faults", "--board", board, "--json").data
    assert data["board"] == board
    assert sorted(row["row"] for row in data["rows"]) == list(range(1, 59))
    assert [bool(row["not_covered"]) for row in data["rows"]] == [True] * blind + [False] * (58 - blind)
    assert [double["name"] for double in data["doubles"]] == ["3+15", "17+46", "33+29"]
    overpower = next(row for row in data["rows"] if row["row"] == 15)
    assert overpower["faults"] == ["overpower", "power_error"]
    assert [(case["status"], case["bound_us"]) for case in overpower["cases"]] == [("trip", 10_300)] * 2
    text = sonofuse(tmp_path, "hil", "list", "--faults", "--board", board).out
    assert text.index("cavitation") < text.index("spoofed") < text.index("overpower")
    assert f"{58 - blind} of 58 rows have faults that board {board} can show." in text
