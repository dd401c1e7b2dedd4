"""Reads an instrument file: what a SCPI instrument is told and how it answers, as data (docs/generators.md)."""

import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse.limits.problems import Findings, did_you_mean
from sonofuse.limits.table import Table
from sonofuse.live.generators.calibration import UNITS, Calibration, rising, to_decibels
from sonofuse.toml_text import read_toml

SHIPPED = Path(__file__).parent / "instruments"
LEVEL = re.compile(r"[^{}]*\{level(:[^{}]*)?\}[^{}]*")
_TABLES = ("instrument", "commands", "answers", "level")


class InstrumentError(ValueError):
    """An instrument file that cannot be used: a line for each problem."""


@dataclass(frozen=True)
class Instrument:
    """An instrument as its file declares it. Times in s; answers are regular expressions for the whole answer."""

    name: str
    identity: tuple[str, ...]  # how its answer to `identify` may begin
    timeout_s: float
    settle_s: float
    ends_with: str
    baud: int | None
    prepare: tuple[str, ...]
    identify: str
    set_level: str
    read_level: str
    on: str
    off: str
    read_output: str
    error: str
    level: re.Pattern[str]
    is_on: re.Pattern[str]
    is_off: re.Pattern[str]
    no_error: re.Pattern[str]
    calibration: Calibration
    tolerance: float


def shipped() -> list[str]:
    """The names of the instrument files that ship."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load(name_or_path: str) -> Instrument:
    """Read a shipped instrument by name, or any instrument file by path.

    Raises:
        InstrumentError: with every problem of the file: file, line, key, value, what would be accepted.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and path.name == name_or_path:
        path = SHIPPED / f"{name_or_path}.toml"
        if not path.is_file():
            raise InstrumentError(f"no instrument {name_or_path!r}: {did_you_mean(name_or_path, shipped())}")
    findings = Findings(str(path))
    data = read_toml(path, findings, "an instrument file")
    instrument = None if data is None else _read(_with_base(data, findings), findings)
    if findings.problems or instrument is None:
        raise InstrumentError("\n".join(str(problem) for problem in findings.problems))
    return instrument


def _with_base(data: dict[str, Any], findings: Findings) -> dict[str, Any]:
    """The tables of a file over those of the shipped one that it is based on; a key of a file replaces the other."""
    base = _dict(data.get("instrument")).get("based_on")
    if base is None:
        return data
    if base not in shipped():
        findings.add(("instrument", "based_on"), base, "no such instrument ships", did_you_mean(str(base), shipped()))
        return data
    below = tomllib.loads((SHIPPED / f"{base}.toml").read_text(encoding="utf-8"))
    merged = {**below, **data}
    for name in _TABLES:
        if name not in data or _is(data[name], dict):
            merged[name] = {**below.get(name, {}), **data.get(name, {})}
    return merged


def _read(data: dict[str, Any], findings: Findings) -> Instrument | None:
    root = Table(data, (), findings)
    top, commands, answers, level = (root.table(name, f"a table [{name}]") for name in _TABLES)
    root.done()
    if top is None or commands is None or answers is None or level is None:
        return None
    top.take("based_on", "", required=False)
    top.text("source", "where these commands and figures come from")
    values: dict[str, Any] = {
        "name": top.text("name", "the instrument in words"),
        "identity": _texts(top, "identity", required=True),
        "timeout_s": top.quantity("timeout", "time", least=0.001),
        "settle_s": top.quantity("settle", "time"),
        "ends_with": _end(top),
        "prepare": _texts(commands, "prepare", required=False),
        **{key: commands.text(key, 'a command, such as "OUTP1 OFF"') for key in _COMMANDS},
        "level": _pattern(answers, "level", groups=1),
        "is_on": _pattern(answers, "on"),
        "is_off": _pattern(answers, "off"),
        "no_error": _pattern(answers, "no_error"),
        "calibration": _calibration(level),
        "tolerance": level.quantity("tolerance", "share"),
    }
    baud = top.whole("baud", 50, required=False)
    set_level = values["set_level"]
    if isinstance(set_level, str) and not _takes_level(set_level):
        commands.note("set_level", "must have one place for the level", 'for example "SOUR1:VOLT {level:.4f}"')
    for table in (top, commands, answers, level):
        table.done()
    if findings.problems:
        return None
    return Instrument(**values, baud=baud)


_COMMANDS = ("identify", "set_level", "read_level", "on", "off", "read_output", "error")


def _texts(table: Table, key: str, *, required: bool) -> tuple[str, ...] | None:
    accepted = 'a list of texts, ["…", "…"]'
    value = table.take(key, accepted, required)
    if value is None:
        return None if required else ()
    texts = tuple(part for part in _list(value) if isinstance(part, str) and part.strip())
    if not texts or len(texts) != len(_list(value)):
        table.note(key, "must be a list of texts", accepted)
        return None
    return texts


def _end(top: Table) -> str | None:
    accepted = r'how a line ends, "\n" (as if it were not there) or "\r\n"'
    value = top.take("ends_with", accepted, required=False)
    if value in (None, "\n", "\r\n", "\r"):
        return "\n" if value is None else str(value)
    top.note("ends_with", "is no end of a line", accepted)
    return None


def _takes_level(command: str) -> bool:
    try:
        return LEVEL.fullmatch(command) is not None and math.isfinite(len(command.format(level=1.0)))
    except ValueError:
        return False


def _pattern(answers: Table, key: str, groups: int = 0) -> re.Pattern[str] | None:
    accepted = "a regular expression for the whole answer" + (" with one (group) around the number" if groups else "")
    value = answers.text(key, accepted)
    if value is None:
        return None
    try:
        pattern = re.compile(value, re.IGNORECASE)
    except re.error as error:
        answers.note(key, f"is no regular expression ({error})", accepted)
        return None
    if pattern.groups < groups:
        answers.note(key, "has no group", accepted)
    return pattern


def _calibration(level: Table) -> Calibration | None:
    """The table [level]: a unit, the load of a voltage, the range, and a gain or measured points."""
    level.text("source", "where gain or points come from, and when they were measured")
    unit = level.choice("unit", UNITS)
    voltage = unit is not None and UNITS[unit][1]
    load_ohm = level.ratio("load_ohm", 0, required=voltage)
    span = _numbers(level, "range", 'the lowest and the highest level, such as [0.01, 1.0], in "unit"')
    if span is not None and not span[0] < span[1]:
        level.note("range", "does not rise", "the lowest level first")
    if unit is None or span is None:
        return None
    if ("gain" in level.data) == ("points" in level.data):
        accepted = 'either gain = "50 dB" of your amplifier, or points = [[level, watts], …] as you measured them'
        level.note("gain", "is missing" if "gain" not in level.data else "and points exclude each other", accepted)
        level.known += ["gain", "points"]
        return None
    if "gain" in level.data:
        gain = level.quantity("gain", "level", least=None)
        points: tuple[tuple[float, float], ...] | None = None if gain is None else ((0.0, gain),)
    else:
        points = _points(level, unit, load_ohm or 1.0)
    return None if points is None else Calibration(unit, load_ohm or 1.0, points, *span)


def _numbers(table: Table, key: str, accepted: str) -> tuple[float, float] | None:
    value = table.take(key, accepted)
    two = _two(value)
    if value is not None and two is None:
        table.note(key, "must be a list of two numbers", accepted)
    return two


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def _dict(value: Any) -> dict[str, Any]:
    return value if _is(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if _is(value, list) else []


def _two(value: Any) -> tuple[float, float] | None:
    numbers = [float(part) for part in _list(value) if isinstance(part, (int, float)) and not isinstance(part, bool)]
    sound = len(numbers) == len(_list(value)) == 2 and all(map(math.isfinite, numbers))
    return (numbers[0], numbers[1]) if sound else None


def _points(level: Table, unit: str, load_ohm: float) -> tuple[tuple[float, float], ...] | None:
    accepted = "two or more pairs [level, watts], both rising: [[0.1, 1.0], [0.7, 50.0]]"
    value = level.take("points", accepted)
    pairs = [_two(pair) for pair in _list(value)]
    if len(pairs) < 2 or not all(pair is not None and pair[1] > 0 for pair in pairs):
        level.note("points", "must be pairs of a level and a power above 0 W", accepted)
        return None
    points = tuple((to_decibels(unit, load_ohm, own), 10 * math.log10(watts)) for own, watts in filter(None, pairs))
    if not all(math.isfinite(own) for own, _ in points) or not rising(points):
        level.note("points", "must rise in level and in power", accepted)
        return None
    return points
