"""Limits files that the guarantee tests share; each is written once in a session."""

from functools import cache
from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.guarantees import variant


class LimitsFiles:
    """`quick` is a shipped file with a short cooling gap, `alone` one check of it and what every file must have."""

    def __init__(self, folder: Path, base: Path = SHIPPED) -> None:
        self.quick = variant.write(folder / "quick.toml", base=base)
        self.alone = cache(
            lambda channel, check: variant.write(
                folder / f"{channel}_{check}.toml", variant.alone(channel, check, base), base
            )
        )


@pytest.fixture(scope="session")
def limits_files(tmp_path_factory: pytest.TempPathFactory) -> LimitsFiles:
    return LimitsFiles(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="session")
def mini_limits(tmp_path_factory: pytest.TempPathFactory) -> LimitsFiles:
    return LimitsFiles(tmp_path_factory.mktemp("mini"), SHIPPED.with_name("mini_ntc.toml"))
