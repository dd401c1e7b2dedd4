"""The control of a live rig: a Unix domain socket, JSON objects, one a line, each answered by one line in its order.

A request is `{"do": WORD, ...}`; an `"id"` in it comes back in its answer. An answer is `{"ok": true, ...}` or
`{"ok": false, "error": "one line"}`; after an error the connection stays. Any number of programs may be connected.

| request | what it does | answer, beside `ok` |
|---|---|---|
| `{"do": "snapshot"}` | | the truth now, see below |
| `{"do": "generator", "power_w": 40, "gate": true}` | sets the power, switches the output; either may be left out, \
and without both it is only read back | `power_w`, `gate`, `forward_w` |
| `{"do": "faults"}` | | `faults`: all that can be broken, sorted by hazard, see below |
| `{"do": "fault", "name": "lost_coupling", "values": {"coupling": "20 %"}}` | breaks it now; values that are left out \
have their defaults; the same fault at the same place with another amount takes its place | `lasts`: whether it stays \
until it is ended |
| `{"do": "end", "name": "lost_coupling"}` | ends it wherever it is; without a name all that is broken | `ended`: how \
many |
| `{"do": "supply", "on": false}` | cuts the device's supply, or brings it back | |
| `{"do": "link", "plugged": false}` | pulls the plug of the link, or puts it back: a new terminal at the same path | |
| `{"do": "edges", "since_us": 0}` | | `edges`, see below; `kept_from_us`: older ones are forgotten (60 s are kept) |

**Times.** `t_us` and all other `_us` are simulated time, which is the device's own, from power-up of the rig on.
`wall_ns` is the machine's monotonic clock (Python: `time.monotonic_ns()`), which other programs can read too. Simulated
time never runs ahead of it.

**snapshot:** `t_us`, `wall_ns`; `temperatures_c` by place (skin_a, skin_b, fat, periosteum, marrow, transducer, water),
true ones; `forward_w`, true electrical forward power; `reflected_share` of it that comes back; `generator` as above;
`relays_closed` and `permit`, a value for each of the two switches: whether `edges` come, and `last_edge_us` (null:
never); `buzzer`; `powered`; `resets` of the microcontroller so far; `link`: `plugged`, `opened` by a program,
`lost_bytes` of the device, `overrun_bytes` to it, `heard_us` (when the device last got a byte); `faults` that are there
now (`name`, `values` in base units); `lag` of simulated time behind the wall clock in ms (`now_ms`, `steps`,
`median_ms`, `most_of_99_percent_ms`, `most_of_999_permille_ms`, `most_ms` since the start; `lost_ms`: given up after
more than 1 s at once).

**faults:** each `name`, `text` (one line), `hazards`, `harm` (of the first, in words), `guarantee`, `lasts`,
`not_covered` (a line for each channel that this board lacks), `parameters`: by name `default`, and either `words` to
choose from or the bounds `low` and `high`.

**edges:** each `t_us`, `wall_ns`, `switch` (0, 1), `edges`: true when they begin to come, false at the last one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NoReturn, cast

from sonofuse.limits.problems import did_you_mean

from ..platforms.process import RigError
from .broken import listed
from .rig import LiveRig

Answer = dict[str, Any]


class RequestError(ValueError):
    """A request that cannot be carried out; the text is one line."""


def _given(request: Mapping[str, Any], *known: str) -> list[Any]:
    """The values of a request by name, None where one is left out.

    Raises:
        RequestError: if there is another one.
    """
    for name in request:
        if name not in (*known, "do", "id"):
            accepted = did_you_mean(name, known) if known else "it takes nothing else"
            raise RequestError(f'{request["do"]}: does not know "{name}": {accepted}')
    return [request.get(name) for name in known]


def _switch(do: str, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f'{do}: "{name}" must be true or false')
    return value


def _generator(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    power_w, gate = _given(request, "power_w", "gate")
    if power_w is not None and (isinstance(power_w, bool) or not isinstance(power_w, (int, float))):
        raise RequestError('generator: "power_w" must be a number of watts')
    return rig.set_generator(power_w, None if gate is None else _switch("generator", "gate", gate))


def _fault(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    name, values = _given(request, "name", "values")
    if not isinstance(name, str) or not (values is None or isinstance(values, dict)):
        raise RequestError('fault: "name" must be text, and "values" an object such as {"coupling": "20 %"}')
    return {"lasts": rig.broken.begin(name, cast("dict[str, Any]", values or {}))}


def _end(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    (name,) = _given(request, "name")
    if not (name is None or isinstance(name, str)) or name == "":
        raise RequestError('end: "name" must be the name of a fault; without it all are ended')
    return {"ended": rig.broken.end(name or "")}


def _faults(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    _given(request)
    return {"faults": listed(rig.limits.board)}


def _snapshot(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    _given(request)
    return rig.snapshot()


def _supply(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    rig.set_supply(_switch("supply", "on", *_given(request, "on")))
    return {}


def _link(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    rig.set_link(_switch("link", "plugged", *_given(request, "plugged")))
    return {}


def _edges(rig: LiveRig, request: Mapping[str, Any]) -> Answer:
    (since_us,) = _given(request, "since_us")
    if isinstance(since_us, bool) or not isinstance(since_us, int):
        raise RequestError('edges: "since_us" must be a whole number of µs')
    return {"edges": [asdict(edge) for edge in rig.recent.edges(since_us)], "kept_from_us": rig.recent.kept_from_us}


COMMANDS: dict[str, Callable[[LiveRig, Mapping[str, Any]], Answer]] = {
    "snapshot": _snapshot,
    "generator": _generator,
    "faults": _faults,
    "fault": _fault,
    "end": _end,
    "supply": _supply,
    "link": _link,
    "edges": _edges,
}


def answered(rig: LiveRig, line: bytes) -> Answer:
    """Carry out one request at the device's time, and say what came of it."""
    own: Answer = {}
    try:
        request = _parsed(line)
        own = {"id": request["id"]} if "id" in request else {}
        carry_out = COMMANDS.get(str(request.get("do")))
        if carry_out is None:
            word = request.get("do")
            raise RequestError(f'"do" is {json.dumps(word)}: {did_you_mean(str(word), COMMANDS)}')
        return {"ok": True, **own, **carry_out(rig, request)}
    except (ValueError, RigError) as error:
        return {"ok": False, **own, "error": str(error)}


def _parsed(line: bytes) -> dict[str, Any]:
    def refuse(word: str) -> NoReturn:
        raise RequestError(f"{word} is no number")

    try:
        request = json.loads(line, parse_constant=refuse)
    except RequestError:
        raise
    except (ValueError, RecursionError) as error:
        raise RequestError(f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise RequestError('a request is an object such as {"do": "snapshot"}')
    return cast("dict[str, Any]", request)
