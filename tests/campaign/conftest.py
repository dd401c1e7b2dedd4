"""What the tests of campaigns share."""

from pathlib import Path

import pytest

from sonofuse_hil.cli import main
from tests import contact_board

FAULTS = "patient_stop,hung_firmware,sensor_open"
N = ["campaign", "-n", "12", "--seed", "5", "--faults", FAULTS]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small campaign, run once in one process."""
    out = tmp_path_factory.mktemp("once")
    assert main([*N, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def contact_limits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Limits for a board that feels whether its probes lie on the skin."""
    return contact_board.written(tmp_path_factory.mktemp("contact"))
