"""Limits files derived from another one: a key changed, a check left out, or one check left alone."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sonofuse.limits import SHIPPED

_KEPT = ("range", "stale")  # every channel must have these
QUICK: Mapping[str, Any] = {"limits.cooling_gap": "0.1 s"}  # so that a run does not wait a minute for its start
FIRMWARE: Mapping[str, Any] = {**QUICK, "limits.host": "none"}  # no host is part of it: what the firmware does alone


def write(target: Path, changes: Mapping[str, Any] = QUICK, base: Path = SHIPPED) -> Path:
    """Write `base` with changes: dotted key -> new value, or None to leave the key or the whole table out.

    Raises:
        KeyError: if a table on the way to a key does not exist.
    """
    document: dict[str, Any] = tomllib.loads(base.read_text(encoding="utf-8"))
    for dotted, value in changes.items():
        *way, last = dotted.split(".")
        table = document
        for name in way:
            table = table[name]
        if value is None:
            del table[last]
        else:
            table[last] = value
    target.write_text("\n".join(_lines("", document)) + "\n", encoding="utf-8")
    return target


def alone(channel: str, check: str, base: Path = SHIPPED) -> dict[str, Any]:
    """The changes that leave one check of one channel, and what a limits file must have; "monitor" for none of them.

    The absolute power limit has to stay: unless it is the one, it moves out of the way.
    """
    document: dict[str, Any] = tomllib.loads(base.read_text(encoding="utf-8"))
    changes: dict[str, Any] = dict(QUICK)
    for name, body in document["channel"].items():
        for other, limit in body.items():
            if other == "sensor" or not isinstance(limit, dict) or other in _KEPT or (name, other) == (channel, check):
                continue
            if body.get("energy") and other == "above":
                changes[f"channel.{name}.above.trip"] = "760 W"
            else:
                changes[f"channel.{name}.{other}"] = None
    return changes


def _lines(path: str, table: Mapping[str, Any]) -> list[str]:
    """TOML of a nested table: plain values first, because a table ends them."""
    own = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    lines = [f"[{path}]", *own] if path and own else own
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _lines(f"{path}.{key}" if path else key, cast("dict[str, Any]", value))
    return lines


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # strings, numbers, booleans and lists of them are written alike
