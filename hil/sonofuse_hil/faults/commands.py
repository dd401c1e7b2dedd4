"""`sonofuse hil faults` carries out the cases of the catalogue; `sonofuse hil list --faults` shows the catalogue."""

import argparse
import json
import shlex
import sys
import tempfile
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sonofuse import board_option
from sonofuse.board import Board, load_board
from sonofuse.console import (
    BAD_INPUT,
    EXIT_CODES,
    NOT_AS_EXPECTED,
    OK,
    CommandError,
    Parser,
    writable_folder,
)
from sonofuse.limits import SHIPPED, load
from sonofuse.limits.commands import write_atomically

from .. import choose
from ..clear import clear_errors
from ..measurement import EMULATED, TIERS
from ..platforms.names import BOARD as REAL_BOARD
from ..platforms.names import UNIX
from ..view import counted, show_table
from . import kept, trial
from .cases import Case
from .catalogue import CATALOGUE, DOUBLES, Row
from .declared import BOARD, CASES
from .judged import Seen
from .page import covered, figure, page, short_reason

_TEXT = f"""\
Carry out the declared cases of the catalogue of faults on board {BOARD} with the shipped limits, and compare what each
shows with what is declared for it. Rows choose some of the 58 (a number) or a double fault (3+15).

  sonofuse hil faults 3 21
  sonofuse hil faults --out evidence
"""
_KEPT, _PAGE = "faults.json", "faults.md"
Perform = Callable[[Case], Seen]


def add_to(verbs: "argparse._SubParsersAction[Parser]") -> None:  # pyright: ignore[reportPrivateUsage]
    """The verb."""
    verb = verbs.add_parser("faults", help="the catalogue of faults, carried out", description=_TEXT, epilog=EXIT_CODES)
    verb.add_argument("rows", metavar="ROW", nargs="*", type=_row, help="of the catalogue (default: all)")
    verb.add_argument("--out", metavar="DIR", type=Path, help=f"keep what was seen there: {_KEPT} and {_PAGE}")
    choose.add_to(verb)
    verb.add_argument("--json", action="store_true", help="print one JSON object")
    verb.set_defaults(run=carry_out)


def _row(text: str) -> tuple[int, ...]:
    doubles = {double.name: (double.first, double.second) for double in DOUBLES}
    if text in doubles:
        return doubles[text]
    if not text.isdecimal() or not 1 <= int(text) <= len(CATALOGUE):
        raise ArgumentTypeError(f"{text!r}: rows are 1 to {len(CATALOGUE)}, and {', '.join(doubles)}")
    return (int(text),)


def carry_out(asked: Namespace) -> int:
    """Carry out the cases; the exit code."""
    if asked.out is not None and asked.rows:
        raise CommandError(BAD_INPUT, "--out keeps all rows together: leave the ROWs out")
    if asked.on == REAL_BOARD:
        raise CommandError(BAD_INPUT, "--on board: the cases were not made for a real board; see sonofuse hil run")
    if asked.out is not None:
        writable_folder(asked.out)
        if (asked.out / _KEPT).exists():
            kept.read(asked.out / _KEPT)  # better before a long run than after it
    with clear_errors(), tempfile.TemporaryDirectory(prefix="sonofuse-") as folder:
        cases = _chosen(asked)
        with _performing(asked, Path(folder)) as perform, counted("cases", len(cases)) as count:
            seen: list[Seen] = []
            for case in cases:
                seen.append(perform(case))
                count()
    shown = [kept.shown(each) for each in seen]
    tier = seen[0].run.tier
    if asked.out is not None:
        _keep(asked, tier, shown)
    passed = not any(each.wrong for each in shown)
    if asked.json:
        records = [asdict(each) | {"margin_us": each.margin_us} for each in shown]
        print(json.dumps({"passed": passed, "tier": tier, "cases": records}, indent=2))
    else:
        _show(tier, shown)
    return OK if passed else NOT_AS_EXPECTED


def _chosen(asked: Namespace) -> list[Case]:
    """The cases of the rows that were asked for, as far as this platform carries them out."""
    wanted: list[tuple[int, ...]] = asked.rows
    able = CASES if asked.on == UNIX else _emulated_cases()
    cases = [case for case in able if not wanted or case.rows in wanted]
    board = load_board(BOARD)
    for rows in wanted:
        if not any(case.rows == rows for case in cases):
            lacks = CATALOGUE[rows[0] - 1].not_covered(board)
            name = "+".join(map(str, rows))
            raise CommandError(BAD_INPUT, f"row {name}: {lacks or f'no case of it is made for --on {asked.on}'}")
    return list(cases)


def _emulated_cases() -> Sequence[Case]:
    from ..platforms.rp2040 import fault_trials

    return fault_trials.CASES


@contextmanager
def _performing(asked: Namespace, folder: Path) -> Generator[Perform]:
    on = choose.chosen(asked)
    if asked.on == UNIX:
        yield lambda case: trial.perform(case, folder, on=on)
        return
    from ..platforms.rp2040 import fault_trials

    if sys.stderr.isatty():
        print("the emulated chip boots: about a minute", file=sys.stderr)
    with fault_trials.booted(folder, asked.uf2) as perform:
        yield perform


def _keep(asked: Namespace, tier: str, shown: Sequence[kept.Shown]) -> None:
    command = ["sonofuse", "hil", "faults", "--out", str(asked.out), *choose.words(asked)]
    ran = {"command": shlex.join(command), **dict(choose.versions(asked))}
    kept.keep(asked.out / _KEPT, tier, ran, shown)
    write_atomically(asked.out / _PAGE, page(kept.read(asked.out / _KEPT)).encode())


def _show(tier: str, shown: Sequence[kept.Shown]) -> None:
    rows = [
        (
            each.case,
            each.seen + (f"\nNOT AS DECLARED ({each.expected}): {each.wrong}" if each.wrong else ""),
            *(figure(us) for us in (each.reaction_us, each.bound_us, each.margin_us)),
        )
        for each in sorted(shown, key=lambda each: not each.wrong)
    ]
    show_table("", ("case", "seen", "reaction µs", "bound µs", "margin µs"), rows)
    good = sum(not each.wrong for each in shown)
    print(f"{good} of {len(shown)} cases as declared, board {BOARD}, tier: {tier}.")
    if tier == EMULATED:
        print(f"{tier}: {TIERS[tier]}.")


# ---- the catalogue


def catalogue(asked: Namespace) -> int:
    """Show the catalogue, what the board cannot show first; the exit code."""
    board = board_option.chosen(asked.board) or load_board(BOARD)
    if asked.json:
        rows = [_record(each, board) for each in covered(board)]
        doubles = [{"name": each.name, "what": each.what, "cases": _cases(each.name)} for each in DOUBLES]
        print(json.dumps({"board": board.name, "declared_on": BOARD, "rows": rows, "doubles": doubles}, indent=2))
        return OK
    blind = [each for each in covered(board) if each.not_covered(board)]
    show_table(
        f"Not covered on board {board.name}",
        ("row", "", "what breaks", "asked", "why"),
        [(str(e.number), e.group, e.what, e.response, short_reason(e.not_covered(board))) for e in blind],
    )
    show_table(
        "Catalogue",
        ("row", "", "what breaks", "asked", "named faults", f"declared on {BOARD}"),
        [
            (str(e.number), e.group, e.what, e.response, "\n".join(f.name for f in e.faults), _declared(str(e.number)))
            for e in covered(board)[len(blind) :]
        ],
    )
    show_table(
        "Double faults", ("rows", "what breaks", "declared"), [(e.name, e.what, _declared(e.name)) for e in DOUBLES]
    )
    print(f"{len(CATALOGUE) - len(blind)} of {len(CATALOGUE)} rows have faults that board {board.name} can show.")
    return OK


def _of(name: str) -> list[Case]:
    """The cases of a row or a double fault."""
    return [case for case in CASES if case.of == name]


def _declared(name: str) -> str:
    return "\n".join(dict.fromkeys(case.text for case in _of(name)))


def _record(each: Row, board: Board) -> dict[str, object]:
    return {
        "row": each.number,
        "group": each.group,
        "what": each.what,
        "asked": each.response,
        "not_covered": each.not_covered(board),
        "faults": [fault.name for fault in each.faults],
        "cases": _cases(str(each.number)),
    }


def _cases(name: str) -> list[dict[str, object]]:
    """What is declared, for the shipped limits and their board."""
    limits = load(SHIPPED)
    return [
        {
            "case": case.label,
            "status": case.status,
            "expected": case.text,
            "why": case.why,
            "hazards": case.hazards,
            "guarantee": case.guarantee,
            "bound_us": case.bound_us(limits),
        }
        for case in _of(name)
    ]
