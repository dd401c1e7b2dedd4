"""One browser and one server for all tests here that want no other; each test gets a device at rest. Both end with the
last of these tests: a page that nobody looks at any more draws on, and takes half a core."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.live.dashboard.served import Served

if TYPE_CHECKING:
    from tests.live.dashboard.browser import Browser


@pytest.fixture(scope="package")
def tab(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Browser]":
    from tests.live.dashboard.browser import browsing

    with browsing(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="package")
def kept_served() -> Iterator[Served]:
    if find_spec("nicegui") is None:
        pytest.skip('not run: no NiceGUI (pip install "sonofuse[live]")')
    with Served() as served:
        yield served


@pytest.fixture
def served(kept_served: Served) -> Served:
    kept_served.anew()
    return kept_served
