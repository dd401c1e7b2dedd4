"""A View out of the record that holds it."""

from collections.abc import Mapping
from typing import Any

from sonofuse.live.view import Bound, Budget, Reading, Session, View

_UNKNOWN = {"time_to_limit_s": None, "receipt_age_s": None, "session": None}  # what a record leaves out


def view_of(values: Mapping[str, Any]) -> View:
    """The View that live/record.py made a record of.

    Raises:
        TypeError, KeyError: if it is another kind of record.
    """
    more = dict(values)
    session = more.pop("session", None)
    whole: dict[str, Any] = {
        **_UNKNOWN,
        **more,
        "readings": tuple(_reading(reading) for reading in values["readings"]),
        "budgets": tuple(Budget(**budget) for budget in values["budgets"]),
        "session": None if session is None else Session(**session),
    }
    return View(**whole)


def _reading(values: Mapping[str, Any]) -> Reading:
    bounds = {side: _bound(values.get(side)) for side in ("high", "low")}
    whole: dict[str, Any] = {"value": None, "margin": None, **values, **bounds}
    return Reading(**whole)


def _bound(values: Mapping[str, Any] | None) -> Bound | None:
    if values is None:
        return None
    whole: dict[str, Any] = {"warn": None, **values}
    return Bound(**whole)
