"""What a test needs and this machine may lack: skipped as "not run", or a failure where the platform is required."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NoReturn

import pytest

from .options import ASKED

_NOT_RUN = "not run: "


def not_run(config: pytest.Config, platform: str, reason: str) -> NoReturn:
    """End a test, or everything that uses a fixture, for want of a platform: fail with `--require`, skip without."""
    if platform in config.stash[ASKED].require:
        pytest.fail(f"{platform} is required, and {reason}", pytrace=False)
    pytest.skip(f"{_NOT_RUN}{platform}, {reason}")


def not_run_lines(skipped: Iterable[Any]) -> list[str]:
    """One line per reason, with the number of tests that were not run for it."""
    reasons = [str(report.longrepr[2]) for report in skipped]  # pytest: file, line, reason
    counted = Counter(reason.split(_NOT_RUN, 1)[1] for reason in reasons if _NOT_RUN in reason)
    return [f"NOT RUN, {count} tests: {reason}" for reason, count in counted.items()]
