"""Limits files that the guarantee tests share; each is written once in a session."""

from functools import cache
from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_hil.guarantees import variant


class LimitsFiles:
    """`quick` is a shipped file with a short cooling gap, `alone` one check of it and what every file must have; both
    without a host, because what the firmware guarantees it has to do by itself. `hosted` and `hosted_alone` require a
    host, as the shipped file does."""

    def __init__(self, folder: Path, base: Path = SHIPPED) -> None:
        self.quick = variant.write(folder / "quick.toml", variant.FIRMWARE, base)
        self.hosted = variant.write(folder / "hosted.toml", variant.QUICK, base)
        self.alone = cache(lambda channel, check: self._alone(folder, channel, check, base, "none"))
        self.hosted_alone = cache(lambda channel, check: self._alone(folder, channel, check, base, "required"))

    @staticmethod
    def _alone(folder: Path, channel: str, check: str, base: Path, host: str) -> Path:
        changes = {**variant.alone(channel, check, base), "limits.host": host}
        return variant.write(folder / f"{channel}_{check}_{host}.toml", changes, base)


@pytest.fixture(scope="session")
def limits_files(tmp_path_factory: pytest.TempPathFactory) -> LimitsFiles:
    return LimitsFiles(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="module")
def blob(limits: Path) -> bytes:
    """The module's own `limits`, compiled."""
    return compile_limits(load(limits))


@pytest.fixture(scope="session")
def mini_limits(tmp_path_factory: pytest.TempPathFactory) -> LimitsFiles:
    return LimitsFiles(tmp_path_factory.mktemp("mini"), SHIPPED.with_name("mini_ntc.toml"))
