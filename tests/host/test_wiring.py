"""docs/wiring.md names the pins of the board file."""

import re
from pathlib import Path

from sonofuse.board import load_board

PAGE = (Path(__file__).parents[2] / "docs" / "wiring.md").read_text(encoding="utf-8")


def test_every_pin_of_rev_a_is_on_the_page_and_no_other() -> None:
    board = load_board("rev_a")
    used = set(board.pins.values())
    used |= {int(c.settings[key]) for c in board.channels for key in ("pin", "cs", "drdy") if key in c.settings}
    table = PAGE.split("## The signal board")[0]
    named = {int(pin) for pin in re.findall(r"GP(\d+)", table)}
    for first, last in re.findall(r"GP(\d+)–GP(\d+)", table):
        named |= set(range(int(first), int(last) + 1))
    assert named == used
