"""Reads a scenario file: TOML in physical units, checked key by key, all problems reported together."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, LimitsError, LimitsFile, compile_limits, load
from sonofuse.limits.problems import Findings, Problem, did_you_mean
from sonofuse.limits.table import Table
from sonofuse.limits.units import UnitError

from . import faults
from .bench import Tolerances
from .faults import Fault, Value
from .operator import Sonication

SCENARIOS = Path(__file__).parent / "scenarios"
MONITOR = "monitor"  # stands for a channel in causes that concern the whole monitor
STARTS = ("rf", "end", "last token")  # what a bound counts from, besides the name of a fault
LONGEST = 1 << 18  # bytes; a scenario has some hundred

# key in [tolerances] -> dimension, field of Tolerances, factor from the base unit
_TOLERANCES: Mapping[str, tuple[str, str, float]] = {
    **{f"{name}_offset": ("difference", f"{name}_offset_c", 1.0) for name in ("skin_a", "skin_b", "transducer", "water")},
    "forward_error": ("level", "forward_error_db", 1.0),
    "reflected_error": ("level", "reflected_error_db", 1.0),
    "generator_error": ("share", "generator_error", 1.0),
    "reference_error": ("share", "reference_error", 1.0),
    "temperature_noise": ("difference", "temperature_noise_c", 1.0),
    "detector_noise": ("voltage", "detector_noise_v", 1.0),
    "lag": ("time", "lag_s", 1.0),
    "flow": ("flow", "flow_ml_min", 1e3),
}


class ScenarioError(ValueError):
    """A scenario that cannot be run, with all its problems: file, line, key, value, what would be accepted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.key, problem.wrong))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Event:
    """A fault and when it happens: `time_us` after boot, or after RF of a sonication (from 0) was switched on."""

    fault: Fault
    values: Mapping[str, Value]
    time_us: int
    after_rf: bool
    sonication: int = 0


@dataclass(frozen=True)
class Expectation:
    """How the run has to end: normally, or with a trip by one of `causes` (channel, check) within a bound.

    The bound counts from `since` (the name of a fault, or one of STARTS: RF on, the planned end of the last
    sonication, the last token) to the last permit edge, or to the alarm.
    """

    trip: bool
    guarantee: str
    causes: tuple[tuple[str, str], ...] = ()
    within_us: int = 0
    since: str = ""
    alarm: bool = False

    @property
    def text(self) -> str:
        if not self.trip:
            return "every sonication ends normally, without a trip"
        causes = " or ".join(f"{channel} {check}" for channel, check in self.causes)
        what = "alarm" if self.alarm else "permit low"
        since = {"rf": "RF on", "end": "the planned end", "last token": "the last token"}.get(self.since, self.since)
        return f"trip by {causes}; {what} within {self.within_us / 1e3:g} ms of {since}"


@dataclass(frozen=True)
class Scenario:
    """A scenario: who does what, what breaks when, and what has to happen. `cooling_gap_s` None: as the limits say."""

    name: str
    title: str
    description: str
    limits: Path
    plan: tuple[Sonication, ...]
    expect: Expectation
    events: tuple[Event, ...] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    seed: int = 1
    cooling_gap_s: float | None = None

    def limit_set(self) -> tuple[LimitsFile, bytes]:
        """The limits as this scenario runs them, and the limit set compiled from them.

        Raises:
            LimitsError: if the limits file is wrong.
        """
        limits = load(self.limits)
        if self.cooling_gap_s is not None:
            limits = replace(limits, cooling_gap_s=self.cooling_gap_s)
        return limits, compile_limits(limits)


def scenario_names() -> list[str]:
    """The names of the shipped scenarios: nominal first, then sorted."""
    return sorted((path.stem for path in SCENARIOS.glob("*.toml")), key=lambda name: (name != "nominal", name))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read and check a scenario: the name of a shipped one, or the path of a file.

    Raises:
        ScenarioError: with every problem of the file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) == 1 and not path.exists():
        path = SCENARIOS / f"{name_or_path}.toml"
        if not path.is_file():
            wrong, accepted = "there is no such scenario", did_you_mean(str(name_or_path), scenario_names())
            raise ScenarioError([Problem(str(name_or_path), 1, "scenario", None, wrong, f"{accepted}, or a path.toml")])
    findings = Findings(str(path))
    data = _toml(path, findings)
    scenario = None if data is None else _Reader(path, data, findings).read()
    if findings.problems or scenario is None:
        raise ScenarioError(findings.problems)
    return scenario


def _toml(path: Path, findings: Findings) -> dict[str, Any] | None:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LONGEST + 1)
        if len(raw) > LONGEST:
            findings.add((), None, "is larger than 256 KiB", "a scenario file, TOML")
            return None
        text = raw.decode("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        findings.add((), None, f"cannot be read ({error.strerror})", "the path of a scenario file")
    except UnicodeDecodeError:
        findings.add((), None, "is not UTF-8 text", "save the file as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        findings.lines[("file",)] = int(found[1]) if found else text.count("\n") + 1
        wrong = str(error).removesuffix(found[0] if found else "").strip()
        findings.add(("file",), None, f"is not TOML ({wrong})", 'key = "value" lines under [table] headers')
    else:
        findings.lines = dict(_lines(text))
        return data
    return None


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where tables and keys stand; the elements of an array of tables are counted from 1."""
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[(\[?)\s*(\w+)\s*\]", line):
            table = (header[2],)
            if header[1]:
                counts[header[2]] = counts.get(header[2], 0) + 1
                table += (str(counts[header[2]]),)
            yield table, number
        elif key := re.match(r"\s*(\w+)\s*=", line):
            yield (*table, key[1]), number


class _Reader:
    """One file while it is read."""

    def __init__(self, path: Path, data: dict[str, Any], findings: Findings) -> None:
        self.path, self.findings = path, findings
        self.top = Table(data, (), findings)

    def read(self) -> Scenario | None:
        top = self.top
        title = top.text("title", "one line that says what happens")
        description = top.text("description", "a paragraph for the reader of a report")
        path, limits = self._limits()
        gap_s = top.quantity("cooling_gap", "time", required=False)
        seed = top.whole("seed", 0, required=False)
        tolerances = self._tolerances()
        plan = self._plan(limits)
        events = self._events(plan)
        expect = self._expect(limits, events)
        top.done()
        if limits is None or title is None or description is None or expect is None:
            return None
        return Scenario(
            name=self.path.stem,
            title=title,
            description=" ".join(description.split()),
            limits=path,
            plan=plan,
            expect=expect,
            events=events,
            tolerances=tolerances,
            seed=1 if seed is None else seed,
            cooling_gap_s=gap_s,
        )

    def _limits(self) -> tuple[Path, LimitsFile | None]:
        shipped = {path.stem: path for path in SHIPPED.parent.glob("*.toml")}
        accepted = f'"{SHIPPED.stem}", or the path of a limits file as seen from this file'
        name = self.top.text("limits", accepted) or ""
        path = shipped.get(name, self.path.parent / name)
        if not name:
            return path, None
        if not path.is_file():
            self.top.note("limits", "there is no such file", f"{did_you_mean(name, shipped)}, or a path")
            return path, None
        try:
            return path, load(path)
        except LimitsError as error:
            self.top.note("limits", f"has problems, the first: {error.problems[0]}", "limits without a problem")
            return path, None

    def _tolerances(self) -> Tolerances:
        found: dict[str, Any] = {}
        table = self.top.table("tolerances", "a table [tolerances]", required=False)
        if table is not None:
            for key, (dimension, name, factor) in _TOLERANCES.items():
                amount = table.quantity(key, dimension, least=0.0 if key in ("flow", "lag") else None, required=False)
                if amount is not None:
                    found[name] = round(amount * factor) if key == "flow" else amount * factor
            table.done()
        return Tolerances(**found)

    def _tables(self, key: str, required: bool) -> list[Table]:
        accepted = f"one or more tables [[{key}]]"
        value = self.top.take(key, accepted, required)
        if value is None or (isinstance(value, list) and value and all(isinstance(part, dict) for part in value)):
            return [Table(part, (key, str(n)), self.findings) for n, part in enumerate(value or (), 1)]
        self.top.note(key, "must be a list of tables", accepted)
        return []

    def _plan(self, limits: LimitsFile | None) -> tuple[Sonication, ...]:
        plan: list[Sonication] = []
        most_w = 0.0 if limits is None else compile_limits(limits)[4 * K.H_SET_MAX_MW :][:4]
        for table in self._tables("plan", required=True):
            power_w, duration_s = table.quantity("power", "power"), table.quantity("duration", "time")
            table.done()
            if power_w is None or duration_s is None:
                continue
            plan.append(Sonication(power_w, duration_s))
        return tuple(plan)
