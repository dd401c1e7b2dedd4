"""The checks as firmware/checks.py declares them, read as data."""

import ast

from sonofuse.layout import FIRMWARE

CheckLine = tuple[int, str, str, str]


def _declared() -> tuple[CheckLine, ...]:
    for node in ast.parse((FIRMWARE / "checks.py").read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="CHECKS")], value=value):
                return tuple(
                    (int(n), str(name), str(hazards), str(says)) for n, name, hazards, says in ast.literal_eval(value)
                )
            case _:
                pass
    raise ValueError("firmware/checks.py declares no CHECKS")


CHECKS = _declared()
IDS = {name: number for number, name, _, _ in CHECKS}
HAZARDS = tuple(sorted({word for _, _, words, _ in CHECKS for word in words.split()} | {f"H{n}" for n in range(1, 11)}))
