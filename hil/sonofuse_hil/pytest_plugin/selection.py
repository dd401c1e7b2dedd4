"""Which of the collected tests are run here: those about a guarantee, and those of a shard."""

import hashlib
from collections.abc import Callable

import pytest

from .ledger import LEDGER
from .options import ASKED, known_guarantee

MARK = "guarantee"


def guarantees(item: pytest.Item) -> list[str]:
    """What a test is about, by all of its markers.

    Raises:
        pytest.UsageError: if a marker names no guarantee, or an unknown one.
    """
    found: list[str] = []
    for mark in item.iter_markers(MARK):
        if not mark.args or mark.kwargs:
            raise pytest.UsageError(f'{item.nodeid}: marker {MARK} takes names of guarantees, such as {MARK}("G3")')
        found += [known_guarantee(name, f"{item.nodeid}: marker {MARK}") for name in mark.args]
    return sorted(set(found), key=lambda name: int(name[1:]))


def shard_of(node_id: str, count: int) -> int:
    """The shard (1 … count) of a test: from its node id alone, so that no other test and no machine changes it."""
    return 1 + int.from_bytes(hashlib.sha256(node_id.encode()).digest()[:8], "big") % count


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what was not asked for, and note at each test what it is about."""
    asked, ledger = config.stash[ASKED], config.stash[LEDGER]
    for item in items:
        item.user_properties += [(MARK, name) for name in guarantees(item)]
    if asked.guarantees:
        _keep(config, items, lambda item: not set(guarantees(item)).isdisjoint(asked.guarantees))
    if asked.shard is not None:
        number, count = asked.shard
        ledger.elsewhere = _keep(config, items, lambda item: shard_of(item.nodeid, count) == number)


def _keep(config: pytest.Config, items: list[pytest.Item], wanted: Callable[[pytest.Item], bool]) -> int:
    """Keep what is wanted; the number of those that are not."""
    others = [item for item in items if not wanted(item)]
    if others:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=others)
    return len(others)
