"""Limits files derived from the shipped one, for tests that cannot wait a minute between two sonications."""

import re
from pathlib import Path

from sonofuse.limits import SHIPPED


def short_gap(folder: Path, gap: str = "0.1 s") -> Path:
    """The shipped limits with a short cooling gap."""
    text, found = re.subn(r'cooling_gap = "[^"]*"', f'cooling_gap = "{gap}"', SHIPPED.read_text(encoding="utf-8"))
    assert found == 1
    path = folder / "short_gap.toml"
    path.write_text(text, encoding="utf-8")
    return path
