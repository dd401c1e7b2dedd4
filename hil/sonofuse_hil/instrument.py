"""An instrumented twin of the firmware: a probe at every branch, which can raise, hang or lose time while RF is on.

The twin is the firmware's own sources with calls of `_p(number)` put in (also inside viper code, and without
allocating), so that a fault can be put where no call of the hardware is near. Probes take no virtual time: a twin
without a fault runs exactly like the firmware, which a test shows. One with a fault has the probe of that fault alone,
since hundreds that do nothing would take half of the time of a run.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from .device import FILES, Transform, seal, source

_TICKS = "monitor.py"  # its loop says whether RF is on
ACTIONS = ("MemoryError", "ValueError", "hang", "overrun")

_MODULE = """
from array import array
from _wire import charge, now

on = bytearray(1)
_hits = array("i", [0] * {probes})
_left = [{hit}]


def p(number):
    if not on[0]:
        return
    if {trace}:
        hits = _hits[number] + 1
        _hits[number] = hits
        if not hits & hits - 1:
            print("reached", number, hits)
    if number == {probe}:
        _left[0] -= 1
        if _left[0] == 0 or {again} and _left[0] < 0:
            print("fault", now())
            {action}
"""
_STATEMENTS = {
    "MemoryError": "raise MemoryError",
    "ValueError": 'raise ValueError("injected")',
    "hang": "while True: pass",
    "overrun": "charge({lost_us})",
}


@dataclass(frozen=True)
class Probe:
    """Where a probe is: in the file's own lines, before instrumentation."""

    number: int
    file: str
    line: int
    branch: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.branch}"


@dataclass(frozen=True)
class Fault:
    """What happens at the `hit`-th time that a probe is reached in ticks that began with RF on.

    `action` is one of ACTIONS; an overrun lasts `lost_us`; `again` repeats the action at every later hit.
    """

    probe: Probe
    action: str
    hit: int = 1
    again: bool = False
    lost_us: int = 5_000

    def __str__(self) -> str:
        lost = f" of {self.lost_us} us" if self.action == "overrun" else ""
        return f"{self.action}{lost} at hit {self.hit}{' and later' if self.again else ''} of {self.probe}"


class Twin:
    """The instrumented sources; `probes` in the order of their numbers."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []
        self._all = {name: _instrumented(name, self.probes) for name in FILES}

    def transform(self, fault: Fault | None = None) -> Transform:
        """For `Rig(transform=…)`: all probes, or that of a fault."""
        if fault is None:
            return lambda name, _source: self._all[name]
        probe = fault.probe

        def only(name: str, source: str) -> str:
            if name not in (probe.file, _TICKS):
                return source
            before = next(n for n, each in enumerate(self.probes) if each.file == name)
            return _instrumented(name, self.probes[:before], probe.number)

        return only

    def write(self, folder: Path, fault: Fault | None = None) -> None:
        """Put the probes' module beside the installed twin, before its first boot.

        Without a fault the log says which probes are reached while RF is on (`reached`).
        """
        text = _MODULE.format(
            probes=len(self.probes),
            trace=fault is None,
            probe=fault.probe.number if fault else -1,
            hit=fault.hit if fault else 1,
            again=bool(fault and fault.again),
            action=_STATEMENTS[fault.action].format(lost_us=fault.lost_us) if fault else "pass",
        )
        (folder / "_probe.py").write_text(text, encoding="utf-8")
        seal(folder)

    def reached(self, log: str) -> dict[Probe, int]:
        """The probes that a run without a fault has reached while RF was on, and how often (down to a power of two)."""
        lines = [line.split() for line in log.splitlines() if line.startswith("reached ")]
        return {self.probes[int(number)]: int(hits) for _, number, hits in lines}


def fault_us(log: str) -> int | None:
    """When the fault struck, in µs since that boot; None if its probe was not hit often enough."""
    return next((int(line.split()[1]) for line in log.splitlines() if line.startswith("fault ")), None)


def _instrumented(name: str, probes: list[Probe], only: int | None = None) -> str:
    """The source of a file with its probes, or with one `only`; all of them are appended to `probes`."""
    tree = ast.parse(source(name).read_text(encoding="utf-8"))
    tree = _Inserter(name, probes, only).visit(tree)
    at = next((i for i, node in enumerate(tree.body) if not _docstring(node)), len(tree.body))
    tree.body.insert(at, ast.parse("from _probe import p as _p, on as _on").body[0])
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Inserter(ast.NodeTransformer):
    """Puts a probe at the head of every branch; the else of a loop is its end."""

    def __init__(self, file: str, probes: list[Probe], only: int | None) -> None:
        self.file, self.probes, self.only = file, probes, only

    def _probed(self, body: list[ast.stmt], branch: str, line: int) -> list[ast.stmt]:
        number = len(self.probes)
        self.probes.append(Probe(number, self.file, line, branch))
        return [*ast.parse(f"_p({number})").body, *body] if self.only in (None, number) else body

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        node.body = self._probed(node.body, "true", node.lineno)
        node.orelse = self._probed(node.orelse, "false", node.lineno)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        node.body = self._probed(node.body, "loop", node.lineno)
        node.orelse = self._probed(node.orelse, "end of loop", node.lineno)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.body = self._probed(node.body, "loop", node.lineno)
        node.orelse = self._probed(node.orelse, "end of loop", node.lineno)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.body = self._probed(node.body, "except", node.lineno)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if any("asm_pio" in ast.unparse(decorator) for decorator in node.decorator_list):
            return node  # instructions, not Python
        self.generic_visit(node)
        docstring = node.body[:1] if _docstring(node.body[0]) else []
        body = self._probed(node.body[len(docstring) :], "enter", node.lineno)
        if self.file == _TICKS and node.name == "ticks":
            loop = next(part for part in body if isinstance(part, ast.While))
            loop.body = [*ast.parse("_on[0] = 1 if self.state == ON else 0").body, *loop.body]
        node.body = [*docstring, *body]
        return node


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
