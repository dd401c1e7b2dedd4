"""Reads a scenario file: TOML in physical units, checked key by key, all problems reported together."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sonofuse.board import Board
from sonofuse.layout import K
from sonofuse.limits import SHIPPED, LimitsError, LimitsFile, compile_limits, load
from sonofuse.limits.problems import Findings, Problem, did_you_mean
from sonofuse.limits.table import Table
from sonofuse.limits.units import UnitError
from sonofuse.toml_text import read_toml

from . import faults
from .bench import Bench, Tolerances
from .measurement import GUARANTEES
from .operator import Sonication
from .plant.tissue import STANDARD, Anatomy, Layer
from .scenario_model import OFF, OTHERWISE, STARTS, Event, Expectation, Scenario, cause_names

SCENARIOS = Path(__file__).parent / "scenarios"

# key in [tolerances] -> dimension, field of Tolerances, factor from the base unit
TOLERANCES: Mapping[str, tuple[str, str, float]] = {
    **{
        f"{name}_offset": ("difference", f"{name}_offset_c", 1.0)
        for name in ("skin_a", "skin_b", "transducer", "water")
    },
    "forward_error": ("level", "forward_error_db", 1.0),
    "reflected_error": ("level", "reflected_error_db", 1.0),
    "generator_error": ("share", "generator_error", 1.0),
    "reference_error": ("share", "reference_error", 1.0),
    "temperature_noise": ("difference", "temperature_noise_c", 1.0),
    "detector_noise": ("voltage", "detector_noise_v", 1.0),
    "lag": ("time", "lag_s", 1.0),
    "flow": ("flow", "flow_ml_min", 1e3),
    "warmth": ("difference", "warmth_k", 1.0),
    "coupler_error": ("level", "coupler_error_db", 1.0),
    "coupler_tempco": ("level", "coupler_tempco_db_per_k", 1.0),  # per kelvin of warmth, all four
    "detector_tempco": ("level", "detector_tempco_db_per_k", 1.0),
    "rref_tempco": ("share", "rref_tempco_per_k", 1.0),
    "supply_tempco": ("share", "supply_tempco_per_k", 1.0),
    "detector_lag": ("time", "detector_tau_us", 1e6),
    "rref_error": ("share", "rref_error", 1.0),
    "converter_noise": ("counts", "converter_noise_codes", 1.0),
    "sensor_error": ("share", "sensor_error_per_c", 1.0),  # of the temperature, PT100s alone
    "flow_error": ("share", "flow_error", 1.0),
    "flow_noise": ("share", "flow_noise", 1.0),
    "relay_jitter": ("time", "relay_jitter_us", 1e6),
    "supply_error": ("share", "supply_error", 1.0),
    "supply_ripple": ("voltage", "supply_ripple_v", 1.0),
    "supply_threshold_error": ("share", "supply_threshold_error", 1.0),
}
_NEVER_NEGATIVE = ("flow", "lag", "detector_lag", "converter_noise", "flow_noise", "relay_jitter", "supply_ripple")
_WHOLE = ("flow", "relay_jitter")


def _try(table: Table, key: str, board: Board, tolerances: Tolerances) -> None:
    """Note it if some part cannot be so."""
    try:
        Bench(board, tolerances=tolerances)
    except ValueError as error:
        table.note(key, f"cannot be: {error}", "what a part can have (docs/parts.md)")


class ScenarioError(ValueError):
    """A scenario that cannot be run, with all its problems: file, line, key, value, what would be accepted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.key, problem.wrong))
        super().__init__("\n".join(map(str, self.problems)))


def scenario_names() -> list[str]:
    """The names of the shipped scenarios: nominal first, then sorted."""
    return sorted((path.stem for path in SCENARIOS.glob("*.toml")), key=lambda name: (name != "nominal", name))


def load_scenario(name_or_path: str | Path, limits: Path | None = None, board: Board | None = None) -> Scenario:
    """Read and check a scenario: the name of a shipped one, or the path of a file.

    Args:
        limits: in the place of the limits that the scenario names; of its causes those count that are checks of these.
        board: in the place of the board that the limits name.

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
    data = read_toml(path, findings, "a scenario file")
    scenario = None if data is None else _Reader(path, data, findings, limits, board).read()
    if findings.problems or scenario is None:
        raise ScenarioError(findings.problems)
    return scenario


class _Reader:
    """One file while it is read."""

    def __init__(
        self, path: Path, data: dict[str, Any], findings: Findings, limits: Path | None, board: Board | None
    ) -> None:
        self.path, self.findings = path, findings
        self.given, self.board = limits, board
        self.top = Table(data, (), findings)

    def read(self) -> Scenario | None:
        top = self.top
        title = top.text("title", "one line that says what happens")
        description = top.text("description", "a paragraph for the reader of a report")
        path, limits = self._limits()
        gap_s = top.quantity("cooling_gap", "time", required=False)
        seed = top.whole("seed", 0, required=False)
        tolerances = self._tolerances(limits)
        anatomy = self._patient()
        plan = self._plan(limits)
        events = self._events(plan, limits)
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
            anatomy=anatomy,
            seed=1 if seed is None else seed,
            cooling_gap_s=gap_s,
            board=None if self.board is None else self.board.file,
        )

    def _limits(self) -> tuple[Path, LimitsFile | None]:
        shipped = {path.stem: path for path in SHIPPED.parent.glob("*.toml")}
        accepted = f'"{SHIPPED.stem}", or the path of a limits file as seen from this file'
        name = self.top.text("limits", accepted) or ""
        path = self.given or shipped.get(name, self.path.parent / name)
        if not name:
            return path, None
        if not path.is_file():
            self.top.note("limits", "there is no such file", f"{did_you_mean(name, shipped)}, or a path")
            return path, None
        try:
            return path, load(path, self.board)
        except LimitsError as error:
            self.top.note("limits", f"has problems, the first: {error.problems[0]}", "limits without a problem")
            return path, None

    def _tolerances(self, limits: LimitsFile | None) -> Tolerances:
        found: dict[str, Any] = {}
        table = self.top.table("tolerances", "a table [tolerances]", required=False)
        if table is not None:
            for key, (dimension, name, factor) in TOLERANCES.items():
                amount = table.quantity(key, dimension, least=0.0 if key in _NEVER_NEGATIVE else None, required=False)
                if amount is not None:
                    found[name] = round(amount * factor) if key in _WHOLE else amount * factor
                    if limits is not None:
                        _try(table, key, limits.board, Tolerances(**{name: found[name]}))
            table.done()
        return Tolerances(**found)

    def _patient(self) -> Anatomy:
        table = self.top.table("patient", "a table [patient]", required=False)
        if table is None:
            return STANDARD

        def length_mm(key: str, standard: float) -> float:
            found = table.quantity(key, "length", required=False)
            return standard if found is None else found

        def share(key: str, standard: float) -> float:
            found = table.quantity(key, "share", required=False)
            return standard if found is None else found

        def layer(standard: Layer) -> Layer:
            if standard.name == "marrow":
                return standard  # the innermost: where it ends is not seen
            return replace(standard, thickness_mm=length_mm(f"{standard.name}_thickness", standard.thickness_mm))

        try:
            anatomy = Anatomy(
                layers=tuple(layer(standard) for standard in STANDARD.layers),
                bone_absorption=share("bone_absorption", STANDARD.bone_absorption),
                shear_share=share("shear_share", STANDARD.shear_share),
                beam_radius_mm=length_mm("beam_radius", STANDARD.beam_radius_mm),
                skin_focus_mm=length_mm("skin_focus", STANDARD.skin_focus_mm),
                probes_mm=(length_mm("probe_a", STANDARD.probes_mm[0]), length_mm("probe_b", STANDARD.probes_mm[1])),
            )
        except ValueError as error:
            self.top.note("patient", str(error), "figures that docs/plant.md allows")
            anatomy = STANDARD
        table.done()
        return anatomy

    def _tables(self, key: str, required: bool) -> list[Table]:
        accepted = f"one or more tables [[{key}]]"
        value = self.top.take(key, accepted, required)
        parts = _elements(value)
        if value is not None and not (parts and all(hasattr(part, "items") for part in parts)):
            self.top.note(key, "must be a list of tables", accepted)
            return []
        return [Table(part, (key, str(n)), self.findings) for n, part in enumerate(parts, 1)]

    def _plan(self, limits: LimitsFile | None) -> tuple[Sonication, ...]:
        plan: list[Sonication] = []
        most_w = 1e6 if limits is None else _word(compile_limits(limits), K.H_SET_MAX_MW) * 1e-3
        for table in self._tables("plan", required=True):
            power_w, duration_s = table.quantity("power", "power"), table.quantity("duration", "time")
            table.done()
            if power_w is not None and not 0 < power_w <= most_w:
                table.note("power", "cannot be armed with these limits", f"above 0, at most {most_w:g} W")
            elif duration_s is not None and not 0 < duration_s <= (limits.max_on_s if limits else 1e6):
                table.note("duration", "cannot be armed with these limits", "above 0, at most their longest duration")
            elif power_w is not None and duration_s is not None:
                plan.append(Sonication(power_w, duration_s))
        return tuple(plan)

    def _events(self, plan: tuple[Sonication, ...], limits: LimitsFile | None) -> tuple[Event, ...]:
        read = [self._event(table, plan, limits) for table in self._tables("event", required=False)]
        return tuple(event for event in read if event is not None)

    def _event(self, table: Table, plan: tuple[Sonication, ...], limits: LimitsFile | None) -> Event | None:
        fault, values = None, dict[str, Any]()
        name = table.choice("fault", faults.fault_names())
        times = [key for key in ("at", "after_rf") if key in table.data]
        if len(times) != 1:
            wrong = "has no time" if not times else "has two times"
            table.note("at", wrong, 'either at = "3 s" (after boot) or after_rf = "3 s"')
        at_s = table.quantity("at", "time", required=False)
        after_s = table.quantity("after_rf", "time", required=False)
        sonication = table.whole("sonication", 1, required=False) or 1
        if plan and sonication > len(plan):
            table.note("sonication", "is not in the plan", f"1 to {len(plan)}")
        elif plan and after_s is not None and sonication == len(plan) and after_s > plan[-1].duration_s:
            table.note("after_rf", "is after the end of the sonication", f"up to {plan[-1].duration_s:g} s")
        time_s = at_s if after_s is None else after_s
        if name is None:
            table.known += table.data  # what belongs to an unknown fault is not known either
        else:
            fault = faults.get(name)
            values = {key: value for key, value in table.data.items() if key in fault.parameters}
            table.known += fault.parameters
            for key, value in values.items():
                try:
                    fault.parameters[key].read(value)
                except UnitError as error:
                    table.note(key, error.wrong, error.accepted)
        table.done()
        if fault is None or time_s is None or not table.sound:
            return None
        whole = fault.values(values)
        uncovered = "" if limits is None else fault.uncovered(limits.board, whole)
        if uncovered:
            table.note(
                "channel" if "channel" in whole else "fault", uncovered, "a fault that the board has a signal for"
            )
            return None
        return Event(fault, whole, round(time_s * 1e6), after_s is not None, sonication - 1)

    def _expect(self, limits: LimitsFile | None, events: tuple[Event, ...]) -> Expectation | None:
        table = self.top.table("expect", 'a table [expect] with end = "normal" or end = "trip"')
        end = table and table.choice("end", ("normal", "trip", *OTHERWISE))
        if table is None or end is None:
            return None
        guarantee = table.choice("guarantee", GUARANTEES) if "guarantee" in table.data else None
        pause_s = table.quantity("pause", "time", least=0.0, required=False) or 0.0
        otherwise, pause_us = end if end in OTHERWISE else "", round(pause_s * 1e6)
        if end not in ("trip", OFF):
            table.done()
            return Expectation(False, guarantee or "G8", otherwise=otherwise, pause_us=pause_us)
        within_s = table.quantity("within", "time")
        names = [str(event.get("fault")) for event in _elements(self.top.data.get("event")) if hasattr(event, "get")]
        since = table.choice("from", (*names, *STARTS)) if "from" in table.data or not names else names[-1]
        until = table.choice("until", ("permit low", "alarm")) if "until" in table.data else "permit low"
        causes = self._causes(table, limits) if end == "trip" and "causes" in table.data else ()
        table.done()
        if within_s is None or since is None or not table.sound:
            return None
        broken = next((event for event in events if event.fault.name == since), events[-1] if events else None)
        guarantee = guarantee or (broken.fault.guarantee if broken else "G1")
        within_us = round(within_s * 1e6)
        return Expectation(not otherwise, guarantee, causes, within_us, since, until == "alarm", otherwise, pause_us)

    def _causes(self, table: Table, limits: LimitsFile | None) -> tuple[tuple[str, str], ...]:
        accepted = 'a list such as ["reflected ratio", "monitor duration"]'
        value = table.take("causes", accepted)
        causes = [str(part) for part in _elements(value)]
        if value is not None and not causes:
            table.note("causes", "must be a list of causes", accepted)
        known = cause_names(limits)
        if limits is not None and self.given is not None:
            seen = [cause for cause in causes if cause in known]
            if causes and not seen:
                wrong = f"not covered: {limits.name} for board {limits.board.name} has none of these checks"
                table.note("causes", wrong, "limits with at least one of them")
            causes = seen
        for cause in causes:
            if limits is not None and cause not in known:
                table.note("causes", f"{cause!r} is no check of these limits", did_you_mean(cause, known))
        return tuple((channel, check) for channel, _, check in (cause.partition(" ") for cause in causes))


def _elements(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "append") else []


def _word(blob: bytes, index: int) -> int:
    return int.from_bytes(blob[4 * index : 4 * index + 4], "little", signed=True)
