"""The shipped limits with a short cooling gap, which is the longest wait of a run."""

from pathlib import Path

from sonofuse_hil.guarantees import variant


def quick_limits(folder: Path) -> Path:
    return variant.write(folder / "quick.toml")
