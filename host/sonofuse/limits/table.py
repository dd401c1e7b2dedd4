"""One TOML table while it is read: takes typed values, and notes what is missing, wrong or unknown."""

import math
from collections.abc import Iterable
from typing import Any

from sonofuse.limits.problems import Findings, Path, did_you_mean
from sonofuse.limits.units import UnitError, example, quantity


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


class Table:
    """A table of the file at `path`; every problem goes into `findings`, and a value with one comes back as None."""

    def __init__(self, data: dict[str, Any], path: Path, findings: Findings) -> None:
        self.data = data
        self.path = path
        self.findings = findings
        self.known: list[str] = []
        before = len(findings.problems)
        self._clean_at = before

    @property
    def sound(self) -> bool:
        """True while no problem was noted since this table was opened."""
        return len(self.findings.problems) == self._clean_at

    def note(self, key: str, wrong: str, accepted: str) -> None:
        """A problem of one key of this table."""
        self.findings.add((*self.path, key), self.data.get(key), wrong, accepted)

    def take(self, key: str, accepted: str, required: bool = True) -> Any:
        """The raw value, or None; a missing required one is a problem."""
        self.known.append(key)
        if required and key not in self.data:
            self.note(key, "is missing", accepted)
        return self.data.get(key)

    def text(self, key: str, accepted: str) -> str | None:
        """Text that is not empty."""
        value = self.take(key, accepted)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.note(key, "must be text", accepted)
            return None
        return value

    def choice(self, key: str, choices: Iterable[str]) -> str | None:
        """One of the words in `choices`."""
        options = list(choices)
        accepted = " or ".join(f'"{option}"' for option in options)
        value = self.text(key, accepted)
        if value is not None and value not in options:
            self.note(key, "is not one of the choices", f"{did_you_mean(value, options)} (accepted: {accepted})")
            return None
        return value

    def quantity(self, key: str, *dimensions: str, least: float | None = 0.0, required: bool = True) -> float | None:
        """A quantity in its base unit, at least `least` (None: any)."""
        value = self.take(key, example(*dimensions), required)
        return None if value is None else self._quantity(key, value, least, *dimensions)[0]

    def either(self, key: str, *dimensions: str) -> tuple[float, str] | None:
        """A quantity of one of several dimensions, zero or more, with the name of its dimension."""
        value = self.take(key, example(*dimensions))
        amount, dimension = (None, "") if value is None else self._quantity(key, value, 0.0, *dimensions)
        return None if amount is None else (amount, dimension)

    def pair(self, key: str, dimension: str, least: float | None = 0.0) -> tuple[float, float] | None:
        """A list of two quantities."""
        shown = example(dimension).removeprefix("write for example ")
        accepted = f"a list of two, [{shown}, {shown}]"
        value = self.take(key, accepted)
        if value is None:
            return None
        if not _is(value, list) or len(value) != 2:
            self.note(key, "must be a list of two quantities", accepted)
            return None
        low, high = (self._quantity(key, part, least, dimension)[0] for part in value)
        return None if low is None or high is None else (low, high)

    def _quantity(self, key: str, value: Any, least: float | None, *dimensions: str) -> tuple[float | None, str]:
        try:
            amount, dimension = quantity(value, *dimensions)
        except UnitError as error:
            self.note(key, error.wrong, error.accepted)
            return None, ""
        if least is not None and amount < least:
            self.note(key, "is too small" if amount >= 0 else "is negative", f"{least:g} or more")
            return None, ""
        return amount, dimension

    def ratio(self, key: str, least: float, required: bool = True) -> float | None:
        """A plain finite number above `least`."""
        accepted = f"a plain number above {least:g}"
        value = self.take(key, accepted, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.note(key, "must be a number without a unit", accepted)
        elif not math.isfinite(value) or not least < value < 1e6:
            self.note(key, "is out of bounds" if math.isfinite(value) else "is not finite", accepted)
        else:
            return float(value)
        return None

    def whole(self, key: str, least: int, required: bool = True) -> int | None:
        """A whole number."""
        accepted = f"a whole number, {least} or more"
        value = self.take(key, accepted, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1 << 30:
            self.note(key, "must be a whole number in bounds", accepted)
            return None
        return value

    def flag(self, key: str) -> bool:
        """true or false; false if it is not there."""
        value = self.take(key, "true or false", required=False)
        if value is not None and not isinstance(value, bool):
            self.note(key, "must be true or false", "true or false, without quotes")
        return value is True

    def table(self, key: str, accepted: str, required: bool = True) -> "Table | None":
        """A table inside this one."""
        value = self.take(key, accepted, required)
        if value is None:
            return None
        if not _is(value, dict):
            self.note(key, "must be a table", accepted)
            return None
        return Table(value, (*self.path, key), self.findings)

    def done(self) -> None:
        """Note every key that nobody took."""
        for key in self.data:
            if key not in self.known:
                self.findings.add((*self.path, key), None, "unknown key", did_you_mean(key, self.known))
