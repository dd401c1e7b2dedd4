"""The faults that a live rig has now: begun and ended by name, and listed for a page of buttons."""

from collections.abc import Mapping
from typing import Any

from sonofuse.board import Board
from sonofuse.limits.hazards import HAZARDS
from sonofuse.limits.units import UnitError

from .. import faults
from ..faults import Choice, Fault, Parameter, Value
from ..faults.register import BOOT, Ending
from ..stand import Stand

_HARM = {
    **{hazard.id: hazard.harm for hazard in reversed(HAZARDS)},  # of two with one id the first
    "sensor": "a sensor fails",
    "hardware": "hardware fails",
    "memory": "memory is damaged",
    "link": "line or host fail",
    "operator": "a wrong command",
}


def refused(fault: Fault) -> str:
    """Why a live rig cannot show a fault whatever its board, "" if it can."""
    if fault.commands:
        return "not covered: what is commanded here is up to the program at the link"
    return "not covered: made for a device that has not booted yet" if fault.phase == BOOT else ""


class Broken:
    """Begins and ends the faults of a stand, at the time of its bench."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._now: dict[tuple[str, ...], tuple[dict[str, Value], Ending]] = {}

    def begin(self, name: str, given: Mapping[str, Any] = {}) -> bool:
        """Break something; the same thing with another amount takes its place. Whether it lasts until it is ended.

        Raises:
            ValueError: if there is no such fault, a value is wrong, or the board has no signal for it.
        """
        fault = _known(name)
        for parameter, value in given.items():
            try:
                fault.values({parameter: value})
            except UnitError as error:
                where = f"{name}: {parameter} " if parameter in fault.parameters else ""
                raise ValueError(f"{where}{error}") from error
        values = fault.values(given)
        uncovered = refused(fault) or fault.uncovered(self._stand.limits.board, values)
        if uncovered:
            raise ValueError(f"{name}: {uncovered}")
        place = (name, *(str(value) for value in values.values() if isinstance(value, str)))
        self._end(place)
        ending = fault.apply(self._stand, **values)
        self._stand.bench.changed()
        if fault.lasts:
            self._now[place] = values, ending
        return fault.lasts

    def end(self, name: str = "") -> int:
        """End a fault wherever it is, or all of them; how many there were.

        Raises:
            ValueError: if there is no such fault.
        """
        if name:
            _known(name)
        places = [place for place in self._now if name in ("", place[0])]
        for place in places:
            self._end(place)
        return len(places)

    def now(self) -> list[dict[str, Any]]:
        """What is broken now, values in base units."""
        return [{"name": place[0], "values": values} for place, (values, _) in self._now.items()]

    def _end(self, place: tuple[str, ...]) -> None:
        if place in self._now:
            self._now.pop(place)[1]()
            self._stand.bench.changed()


def _known(name: str) -> Fault:
    try:
        return faults.get(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from error


def listed(board: Board) -> list[dict[str, Any]]:
    """Every fault, for a page of buttons: sorted by its first hazard, H1 to H10, then sensors and hardware."""
    known = sorted((faults.get(name) for name in faults.fault_names()), key=_order)
    return [
        {
            "name": fault.name,
            "text": fault.text,
            "hazards": list(fault.hazards),
            "harm": _HARM[fault.hazards[0]],
            "guarantee": fault.guarantee,
            "lasts": fault.lasts,
            "not_covered": [refused(fault)] if refused(fault) else fault.blind(board),
            "parameters": {name: _parameter(parameter) for name, parameter in fault.parameters.items()},
        }
        for fault in known
    ]


def _order(fault: Fault) -> tuple[int, str, str]:
    first = fault.hazards[0]
    return (int(first[1:]), "", fault.name) if first[1:].isdigit() else (len(_HARM), first, fault.name)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    if isinstance(parameter, Choice):
        return {"default": parameter.default, "words": list(parameter.words)}
    return {"default": parameter.default, "low": parameter.low, "high": parameter.high}
