"""Small mistakes, one at a time, in the firmware's kernel: each must show in a state word on the decisive vectors.

The mistakes are made in the syntax tree of the plain twin, which computes what viper computes. Left out is only what
the twin cannot show: the `<< wide >> wide` sign extensions, which unbounded integers do not need (the differential
tests run them on the VM), and their prologue.
"""

import ast
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .batches import Batch, Words

STEPS_PER_TICK = 3000  # loop passes; an honest tick of the decisive vectors makes a few hundred
MOST_CRASHES = 60  # vectors that are given up
PAD = array("i", [-77_777] * 64)  # what an index beyond the end finds

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


class EndlessError(Exception):
    """A mutant's loop does not end."""


@dataclass(frozen=True)
class Mutant:
    """A changed kernel: what, and the whole tree (valid until the next mutant is asked for)."""

    label: str
    tree: ast.Module


def parse(source: str) -> tuple[ast.Module, ast.FunctionDef]:
    """The tree of a kernel and its `tick`."""
    tree = ast.parse(source)
    return tree, next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "tick")


def mutants(source: str, sign_extensions: bool = False) -> Iterator[Mutant]:
    """All single mistakes in a kernel's source: outside its sign extensions, or only there."""
    tree, tick = parse(source)
    lines = source.splitlines()
    for owner, field, index, replacements in _sites(tick):
        children = getattr(owner, field)
        original = children if index is None else children[index]
        text = lines[getattr(original, "lineno", getattr(owner, "lineno", 0)) - 1].strip()
        extends = isinstance(owner, ast.BinOp) and isinstance(owner.right, ast.Name) and owner.right.id == "wide"
        if (extends or text.startswith("wide = ")) == sign_extensions:
            for replacement in replacements:
                _put(owner, field, index, replacement)
                ast.fix_missing_locations(tree)
                yield Mutant(f"{text}  ->  {_source(owner, replacement)}", tree)
            _put(owner, field, index, original)


def compiled(tree: ast.Module) -> Any:
    """A kernel's tree as code, every `while` loop of which counts its passes."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While)]
    for loop in loops:
        loop.body.insert(0, ast.copy_location(ast.parse("_pass()").body[0], loop))
    code = compile(ast.fix_missing_locations(tree), "mutant.py", "exec")
    for loop in loops:
        del loop.body[0]
    return code


def _put(owner: ast.AST, field: str, index: int | None, node: Any) -> None:
    if index is None:
        setattr(owner, field, node)
    else:
        getattr(owner, field)[index] = node


def _source(owner: ast.AST, replacement: ast.AST) -> str:
    try:
        return ast.unparse(replacement if isinstance(replacement, (ast.stmt, ast.expr)) else owner).splitlines()[0]
    except (KeyError, AttributeError):
        return type(replacement).__name__


Site = tuple[ast.AST, str, int | None, list[Any]]


def _sites(tick: ast.FunctionDef) -> Iterator[Site]:
    """Where a mistake can be made, and the mistakes."""
    for node in ast.walk(tick):
        if isinstance(node, ast.Expr):
            continue
        if isinstance(node, ast.Compare):
            yield node, "ops", 0, [other() for other in COMPARE[type(node.ops[0])]]
        elif isinstance(node, ast.BoolOp):
            yield node, "op", None, [ast.And() if isinstance(node.op, ast.Or) else ast.Or()]
        elif isinstance(node, (ast.BinOp, ast.AugAssign)):
            yield node, "op", None, [ARITHMETIC[type(node.op)]()]
        for field, value in ast.iter_fields(node):
            for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
                yield from _of_child(node, field, index, child)


def _of_child(node: ast.AST, field: str, index: int | None, child: Any) -> Iterator[Site]:
    if isinstance(child, ast.Constant) and isinstance(child.value, int):
        near = [ast.copy_location(ast.Constant(child.value + by), child) for by in (1, -1)]
        yield node, field, index, near
    elif isinstance(child, ast.UnaryOp):
        yield node, field, index, [child.operand]
    elif field == "test" and isinstance(child, (ast.Name, ast.Subscript, ast.BinOp)):
        yield node, field, index, [ast.copy_location(ast.UnaryOp(ast.Not(), child), child)]
    elif isinstance(child, ast.AugAssign) or (
        isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Subscript)
    ):
        yield node, field, index, [ast.copy_location(ast.Pass(), child)]


class Judge:
    """Runs kernels over decisive vectors until one state word differs; what decided last is tried first."""

    def __init__(self, batch: Batch, expected: Words, limit_bytes: bytes) -> None:
        self.limits = array("i", limit_bytes) + PAD
        self.width = batch.starts.shape[1]
        self.episodes = [
            (
                array("i", start.tobytes()),
                [(array("i", words.tobytes()), state.tobytes()) for words, state in zip(inputs, states, strict=True)],
            )
            for start, inputs, states in zip(batch.starts, batch.inputs, expected, strict=True)
        ]
        self.passes = 0

    def verdict(self, code: Any) -> str:
        """`killed` (a state word differs), `survived`, or how it crashed before any word differed."""
        names: dict[str, Any] = {"_pass": self._count}
        self.passes = 0
        exec(code, names)  # noqa: S102 (our own source, mutated)
        tick: Callable[..., int] = names["tick"]
        crashes: list[str] = []
        for number, (start, ticks) in enumerate(self.episodes):
            try:
                differs = self._differs(tick, start, ticks)
            except (
                EndlessError,
                IndexError,
                ValueError,
                OverflowError,
                UnboundLocalError,
                TypeError,
                MemoryError,
            ) as error:
                crashes.append(type(error).__name__)
                if len(crashes) == MOST_CRASHES:
                    break
                continue
            if differs:
                self.episodes.insert(0, self.episodes.pop(number))
                return "killed"
        return crashes[0] if crashes else "survived"

    def _differs(self, tick: Callable[..., int], start: "array[int]", ticks: Any) -> bool:
        state = start + PAD
        for inputs, expected in ticks:
            self.passes = 0
            tick(self.limits, state, inputs)
            if state[: self.width].tobytes() != expected:
                return True
        return False

    def _count(self) -> None:
        self.passes += 1
        if self.passes > STEPS_PER_TICK:
            raise EndlessError
