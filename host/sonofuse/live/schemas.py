"""How the topics of a recording look inside, as JSON Schema, so that Foxglove can plot them.

Foxglove takes one plain type for a field: what may be missing is not required, and is left out instead of being null.
"""

import dataclasses
import types
import typing
from typing import Any

from sonofuse.live.view import View

Schema = dict[str, Any]
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def of(kind: Any) -> Schema:
    """The schema of a plain type, a tuple of one type, a frozen record of these, or one of them or None.

    Raises:
        TypeError: for any other type.
    """
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        required = [name for name, hint in hints.items() if types.NoneType not in typing.get_args(hint)]
        return {
            "type": "object",
            "properties": {name: of(hint) for name, hint in hints.items()},
            "required": required,
        }
    arguments = [part for part in typing.get_args(kind) if part not in (types.NoneType, ...)]
    if len(arguments) != 1:
        raise TypeError(f"{kind} has no schema")
    return {"type": "array", "items": of(arguments[0])} if typing.get_origin(kind) is tuple else of(arguments[0])


def _object(**properties: tuple[str, str]) -> Schema:
    """An object with these fields, type and meaning; others may follow, and only the first is always there."""
    fields = {name: {"type": kind, "description": meaning} for name, (kind, meaning) in properties.items()}
    return {"type": "object", "properties": fields, "required": [next(iter(properties))]}


DECISION = _object(
    tick=("integer", "number of the last tick that the host's kernel has made"),
    ticks=("integer", "how many this frame of telemetry let it make"),
    frame=("integer", "sequence number of the frame"),
    cause=("integer", "of the host's own kernel: check × 256 + channel, 0 none"),
    warn=("integer", "bit n: channel n is beyond a warning"),
    state=("integer", "the device's: 0 BOOT, 1 SAFE, 2 ARMED, 3 ON, 4 TRIPPED"),
    digest=("string", "of the host kernel's state, hexadecimal"),
    receipt=("boolean", "whether a receipt went out"),
)
COMMAND = _object(
    what=("string", "arm, start, finish, disarm, acknowledge or stop"),
    who=("string", "who asked for it"),
    why=("string", "the reason given"),
    set_w=("number", "arm: electrical power, W"),
    set_s=("number", "arm: duration, s"),
    new_treatment=("boolean", "acknowledge: the dose starts at zero"),
    counter=("integer", "the least that the command's seal may have"),
)
EVENT = _object(
    what=("string", "state, stop, trouble, answer, device, joined, lost step, silent …"),
    state=("string", "the device's new state"),
    cause=("integer", "of a trip: check × 256 + channel"),
    tick=("integer", "when, by the device's count"),
    why=("string", "of a STOP"),
    text=("string", "of a trouble"),
)
NOTE = _object(
    what=("string", "dropped, part …"),
    records=("integer", "how many were dropped here"),
    reason=("string", "in words"),
)
CHAIN = _object(
    head=("string", "SHA-256 over all messages before this one, hexadecimal"),
    count=("integer", "how many they are"),
    end=("string", "the last message of the part: closed, or continued in the next part"),
)
SCHEMAS = {"decision": DECISION, "command": COMMAND, "event": EVENT, "note": NOTE, "view": of(View)}
"""By topic, for those of JSON."""
