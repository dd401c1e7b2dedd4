"""A limits file for tests: the shipped one with a short cooling gap, which is the longest wait of a run."""

from pathlib import Path

from sonofuse.limits import SHIPPED


def quick_limits(folder: Path) -> Path:
    path = folder / "quick.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.count('cooling_gap = "60 s"') == 1
    path.write_text(text.replace('cooling_gap = "60 s"', 'cooling_gap = "0.1 s"'), encoding="utf-8")
    return path
