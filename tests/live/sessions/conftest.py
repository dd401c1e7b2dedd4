"""The desk of a monitor, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "sessions.db")
    yield desk
    desk.close()
