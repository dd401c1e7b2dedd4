"""Where a session keeps what it measured: a module of its own, because a conftest may be loaded under two names."""

import pytest

from sonofuse_hil.results import Distribution

TIMED = pytest.StashKey[list[Distribution]]()
