"""What the tests of campaigns share."""

from pathlib import Path

import pytest

from sonofuse_hil.cli import main

FAULTS = "patient_stop,hung_firmware,sensor_open"
N = ["campaign", "-n", "12", "--seed", "5", "--faults", FAULTS]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small campaign, run once in one process."""
    out = tmp_path_factory.mktemp("once")
    assert main([*N, "--out", str(out)]) == 0
    return out
