"""Limits files that the guarantee tests share; each is written once in a session."""

from functools import cache
from pathlib import Path

import pytest

from sonofuse_hil.guarantees import variant


class LimitsFiles:
    """`quick` is the shipped file with a short cooling gap, `alone` one check of it and what every file must have."""

    def __init__(self, folder: Path) -> None:
        self.quick = variant.write(folder / "quick.toml")
        self.alone = cache(
            lambda channel, check: variant.write(folder / f"{channel}_{check}.toml", variant.alone(channel, check))
        )


@pytest.fixture(scope="session")
def limits_files(tmp_path_factory: pytest.TempPathFactory) -> LimitsFiles:
    return LimitsFiles(tmp_path_factory.mktemp("limits"))
