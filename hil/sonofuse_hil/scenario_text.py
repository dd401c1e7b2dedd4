"""Writes a scenario as the file that `sonofuse hil run` reads, in units that people use."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from sonofuse.limits.units import DIMENSIONS, UnitError, quantity

from .bench import Tolerances
from .faults.register import Choice, Parameter, Value
from .plant.tissue import STANDARD, Anatomy
from .scenario_file import TOLERANCES
from .scenario_model import OFF, Event, Expectation, Scenario


def scenario_text(scenario: Scenario, limits: str | Path) -> str:
    """The text of a scenario file.

    Args:
        limits: what the file calls its limits: a shipped name, or a path as seen from the file.

    Raises:
        ValueError: if the scenario has something that no scenario file can say.
    """
    s = scenario
    lines = [_pair("title", s.title), _pair("description", s.description), _pair("limits", str(limits))]
    if s.cooling_gap_s is not None:
        lines.append(_pair("cooling_gap", _amount(s.cooling_gap_s, "time")))
    lines.append(f"seed = {s.seed}")
    lines += _table("[tolerances]", _tolerances(s.tolerances))
    lines += _table("[patient]", _patient(s.anatomy))
    for sonication in s.plan:
        power, duration = _amount(sonication.power_w, "power"), _amount(sonication.duration_s, "time")
        lines += _table("[[plan]]", [_pair("power", power), _pair("duration", duration)])
    for event in s.events:
        lines += _table("[[event]]", _event(event))
    lines += _table("[expect]", _expect(s.expect))
    return "\n".join(lines) + "\n"


def scenario_words(scenario: Scenario) -> str:
    """What a scenario is, on one line: what differs from the standard patient and bench, plan, faults."""
    s = scenario
    parts = [f"{_amount(one.power_w, 'power')} for {_amount(one.duration_s, 'time')}" for one in s.plan]
    own = [*_tolerances(s.tolerances), *_patient(s.anatomy)]
    parts += [line.replace(" = ", " ").replace('"', "") for line in own]
    for event in s.events:
        when = _amount(event.time_us / 1e6, "time") + (" after RF" if event.after_rf else " after boot")
        given = [f"{name} {spoken(value, event.fault.parameters[name])}" for name, value in event.values.items()]
        sonication = f" of sonication {event.sonication + 1}" if event.sonication else ""
        parts.append(" ".join([f"{when}{sonication}:", event.fault.name, *given]))
    return "; ".join(parts)


def spoken(value: Value, parameter: Parameter) -> str:
    """A value of a fault's parameter, in base units, as people write it.

    Raises:
        ValueError: if the parameter does not take it.
    """
    if isinstance(parameter, Choice):
        text = parameter.read(value)
    else:
        text = _amount(float(value), quantity(parameter.default, *DIMENSIONS)[1])
        try:
            parameter.read(text)
        except UnitError:  # the last digit of a bound
            text = min(parameter.low, parameter.high, key=lambda bound: abs(parameter.read(bound) - float(value)))
    return text


def _amount(value: float, dimension: str) -> str:
    """A number in the base unit; shares in %, times below a second in ms."""
    factors = DIMENSIONS[dimension][1]
    unit = "ms" if dimension == "time" and abs(value) < 1.0 else next(iter(factors))
    if dimension == "voltage":
        unit = "mV"
    return f"{float(f'{value / factors[unit]:.12g}')!r} {unit}".replace(".0 ", " ")


def _pair(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _table(head: str, pairs: list[str]) -> list[str]:
    return ["", head, *pairs] if pairs else []


def _tolerances(tolerances: Tolerances) -> list[str]:
    standard = Tolerances()
    changed = [
        _pair(key, _amount(getattr(tolerances, name) / factor, dimension))
        for key, (dimension, name, factor) in TOLERANCES.items()
        if getattr(tolerances, name) != getattr(standard, name)
    ]
    assert {name for _, name, _ in TOLERANCES.values()} == {field.name for field in fields(Tolerances)}
    return changed


def _patient(anatomy: Anatomy) -> list[str]:
    """What differs from the standard.

    Raises:
        ValueError: if something differs that a file has no key for.
    """
    a, standard = anatomy, STANDARD
    given = {
        "bone_absorption": (a.bone_absorption, standard.bone_absorption, "share"),
        "shear_share": (a.shear_share, standard.shear_share, "share"),
        "beam_radius": (a.beam_radius_mm, standard.beam_radius_mm, "length"),
        "skin_focus": (a.skin_focus_mm, standard.skin_focus_mm, "length"),
        "probe_a": (a.probes_mm[0], standard.probes_mm[0], "length"),
        "probe_b": (a.probes_mm[1], standard.probes_mm[1], "length"),
        **{
            f"{own.name}_thickness": (own.thickness_mm, usual.thickness_mm, "length")
            for own, usual in zip(a.layers, standard.layers, strict=True)
            if own.name != "marrow"
        },
    }
    return [_pair(key, _amount(own, kind)) for key, (own, usual, kind) in given.items() if own != usual]


def _event(event: Event) -> list[str]:
    when = "after_rf" if event.after_rf else "at"
    lines = [_pair(when, _amount(event.time_us / 1e6, "time"))]
    if event.sonication:
        lines.append(f"sonication = {event.sonication + 1}")
    lines.append(_pair("fault", event.fault.name))
    lines += [_pair(name, spoken(value, event.fault.parameters[name])) for name, value in event.values.items()]
    return lines


def _expect(expect: Expectation) -> list[str]:
    return list(_expectation(expect))


def _expectation(expect: Expectation) -> Iterator[str]:
    yield _pair("end", "trip" if expect.trip else expect.otherwise or "normal")
    if expect.trip and expect.causes:
        yield f"causes = {json.dumps([' '.join(cause) for cause in expect.causes])}"
    if expect.trip or expect.otherwise == OFF:
        yield _pair("within", _amount(expect.within_us / 1e6, "time"))
        yield _pair("from", expect.since)
        yield _pair("until", "alarm" if expect.alarm else "permit low")
    if expect.pause_us:
        yield _pair("pause", _amount(expect.pause_us / 1e6, "time"))
    yield _pair("guarantee", expect.guarantee)
