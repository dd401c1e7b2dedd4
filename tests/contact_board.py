"""Rev A with one more contact, which is closed while both skin sensors lie on the skin."""

from pathlib import Path

from sonofuse.board import BOARDS
from sonofuse.limits import SHIPPED

_CHANNEL = """
[channel.skin_contact.sensor]
kind = "contact"
lag = "0 ms"
conversion = ["0.9 ms", "1.1 ms"]
noise = "0 counts"
source = "a test"

[channel.skin_contact.range]
debounce = "1 sample"
hazard = "H1"
max_reaction = "20 ms"
source = "a test"

[channel.skin_contact.stale]
trip = "5 ms"
hazard = "H1"
max_reaction = "20 ms"
source = "a test"

[channel.skin_contact.below]
trip = "open"
debounce = "10 ms"
hazard = "H1"
max_reaction = "100 ms"
source = "a test"
"""


def written(folder: Path) -> Path:
    """The limits file of the board, with the board file beside it."""
    board = (BOARDS / "rev_a.py").read_text(encoding="utf-8").replace('"rev_a"', '"contact"')
    last = '        ("permit_readback", "contact", {"pin": 4}),\n'
    assert last in board and "13" not in board
    (folder / "contact.py").write_text(
        board.replace(last, '        ("skin_contact", "contact", {"pin": 13}),\n' + last), encoding="utf-8"
    )
    limits = folder / "contact.toml"
    text = SHIPPED.read_text(encoding="utf-8").replace('"rev_a"', '"contact.py"')
    limits.write_text(text + _CHANNEL, encoding="utf-8")
    return limits
