"""docs/faults.md: the catalogue with what was seen of every case, for a reader; what is not seen comes first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sonofuse.board import Board, board_names, load_board

from ..markdown import table
from ..measurement import EMULATED, SOFTWARE, TIERS
from . import register
from .cases import UNSEEN, WARNED, Case
from .catalogue import CATALOGUE, DOUBLES, Row, row
from .declared import BOARD, CASES, UNSETTLED_ON_CHIP
from .kept import Shown, Tier

_HEAD = """\
# The catalogue of faults

58 faults and three double faults, the answer that is asked for, and what was seen. A row that the board can show has at
least one *case*: named faults with their parameters, struck at a declared moment of a run, and a declared outcome; a
test holds each case to it. `sonofuse hil faults` carries all of them out again, `make faults` writes this page and
faults.json anew. Any named fault can be put into a scenario of your own ([scenarios](scenarios.md)).

Answers: **T** trip, latch, alarm · **I** inhibit the start · **W** warn · **R** reset into output off · reject: no
effect. *Reaction* is the time from where the bound counts (the last fault of a case, or the planned end of a
sonication) to the last permit edge, or to the alarm where the permit is low anyway; *bound* is what the guarantee
promises with these limits for the fault, – where no time follows; *margin* is what was left of it. A reaction that is
missing is an answer that is no shutdown, or none.
"""
_NOT_DETECTED = """\
## Not detected, or only warned of
The monitor does not answer these as asked. Each is carried out like all others, and a test fails if it comes
out differently: also if it is detected one day.
"""
_OTHERWISE = """\
## Answered, but in another way than asked
Or by a cause that needs a word.
"""
_CASES = ("row", "fault", "asked", "expected", "seen", "reaction µs", "bound µs", "margin µs", "guarantee")


def page(tiers: Mapping[str, Tier]) -> str:
    """The whole page from what is kept of each tier."""
    seen: Mapping[str, Shown] = tiers[SOFTWARE].cases if SOFTWARE in tiers else {}
    return "\n".join(
        [
            _HEAD,
            *_ran(tiers),
            "",
            *_counts(),
            "",
            *_not_covered(),
            _NOT_DETECTED,
            *table(
                ("row", "what breaks", "asked", "fault", "seen", "why"),
                ((*_of_row(case), _fault(case), _seen(case, seen), case.why) for case in CASES if _short(case)),
            ),
            "",
            _OTHERWISE,
            *table(
                ("row", "what breaks", "asked", "fault", "seen", "why"),
                (
                    (*_of_row(case), _fault(case), _seen(case, seen), case.why)
                    for case in CASES
                    if case.why and not _short(case)
                ),
            ),
            "",
            *_all(seen),
            *_on_chip(tiers),
            *_named(),
            "",
        ]
    )


def _ran(tiers: Mapping[str, Tier]) -> Iterator[str]:
    for tier, kept in tiers.items():
        yield f"- **{tier}**: {TIERS[tier]}."
        yield from (f"  - {name}: {text}" for name, text in kept.ran.items())
        yield f"  - firmware, boards and limits: SHA-256 `{kept.firmware_sha256}`"


def _counts() -> Iterator[str]:
    board = load_board(BOARD)
    blind = [each for each in CATALOGUE if each.not_covered(board)]
    short = {number for case in CASES if _short(case) for number in case.rows}
    yield (
        f"Board {BOARD} with the shipped limits: {len(CATALOGUE) - len(blind)} of {len(CATALOGUE)} rows and "
        f"{len(DOUBLES)} double faults are carried out, and faults that are no row: {len(CASES)} cases. "
        f"{len(blind)} rows are not covered. "
        f"{len(short)} rows have a case that is not detected or only warned of."
    )


def _not_covered() -> Iterator[str]:
    yield from ("## Not covered", "")
    for name in sorted(board_names(), key=lambda name: name != BOARD):
        board = load_board(name)
        blind = [(each, each.not_covered(board)) for each in CATALOGUE if each.not_covered(board)]
        yield from (f"### Board {name}: {len(blind)} rows", "")
        reasons = ((str(each.number), each.what, each.response, short_reason(why)) for each, why in blind)
        yield from (*table(("row", "what breaks", "asked", "why"), reasons), "")


def short_reason(why: str) -> str:
    """Why a row is not covered, without the words that a heading says."""
    return why.removeprefix("not covered: ")


def _short(case: Case) -> bool:
    """Whether it is less than the sheet asks for."""
    return case.status in (UNSEEN, WARNED)


def _all(seen: Mapping[str, Shown]) -> Iterator[str]:
    yield from (f"## All cases, tier: {SOFTWARE}", "")
    for group in dict.fromkeys(each.group for each in CATALOGUE):
        yield from (f"### {group[:1].upper()}{group[1:]}", "")
        rows = [each for each in CATALOGUE if each.group == group]
        yield from (*table(_CASES, _lines(rows, seen)), "")
    yield from ("### Double faults", "")
    yield from (*table(_CASES, (_line(case, seen) for case in CASES if len(case.rows) > 1)), "")
    yield from ("### Beside the 58", "")
    yield from (*table(_CASES, (_line(case, seen) for case in CASES if not case.rows)), "")


def _lines(rows: Iterable[Row], seen: Mapping[str, Shown]) -> Iterator[tuple[str, ...]]:
    board = load_board(BOARD)
    for each in rows:
        if each.not_covered(board):
            blank = ("–",) * 6
            yield (str(each.number), f"{each.what}: not covered", each.response, *blank)
        yield from (_line(case, seen) for case in CASES if case.rows == (each.number,))


def _line(case: Case, seen: Mapping[str, Shown]) -> tuple[str, ...]:
    number, what, asked = _of_row(case)
    times = _times(seen.get(case.label))
    return (number, f"{what}: {_fault(case)}", asked, case.text, _seen(case, seen), *times, case.guarantee)


def _of_row(case: Case) -> tuple[str, str, str]:
    rows = [row(number) for number in case.rows]
    if not rows:
        return "–", f"hazard {', '.join(case.hazards)}", "–"
    return case.of, ", and ".join(each.what for each in rows), rows[0].response if len(rows) == 1 else "–"


def _fault(case: Case) -> str:
    return ", ".join(f"`{part.text}`" for part in case.parts)


def _seen(case: Case, seen: Mapping[str, Shown]) -> str:
    shown = seen.get(case.label)
    if shown is None:
        return "not run"
    return f"{shown.seen} **not as declared: {shown.wrong}**" if shown.wrong else shown.seen


def _times(shown: Shown | None) -> tuple[str, str, str]:
    if shown is None:
        return "not run", "–", "–"
    reaction, bound, margin = (figure(us) for us in (shown.reaction_us, shown.bound_us, shown.margin_us))
    return reaction, bound, margin


def figure(us: int | None) -> str:
    """Whole µs with spaces between the thousands, – where there are none."""
    return "–" if us is None else f"{us:,}".replace(",", "\u202f")


def _on_chip(tiers: Mapping[str, Tier]) -> Iterator[str]:
    kept = tiers.get(EMULATED)
    yield from (f"## Cases that touch the chip, tier: {EMULATED}", "")
    if kept is None:
        yield from ("Not run: `sonofuse hil faults --on rp2040`.", "")
        return
    yield from (
        "The same faults with RF on, on a device that was booted once: a fork of it for each.",
        "",
        *table(
            ("case", "seen", "reaction µs", "bound µs", "margin µs"),
            (
                (f"`{case.label}`", _seen(case, kept.cases), *_times(kept.cases[case.label]))
                for case in CASES
                if case.label in kept.cases
            ),
        ),
        "",
        "Seen there, but not as declared:",
        "",
        *table(("case", "what was seen"), ((f"`{label}`", why) for label, why in UNSETTLED_ON_CHIP.items())),
        "",
    )


def _named() -> Iterator[str]:
    yield from ("## Named faults", "", "What the cases are made of, with the bounds of each parameter.", "")
    known = (register.get(name) for name in register.fault_names())
    rows: Sequence[tuple[str, ...]] = [
        (
            f"`{fault.name}`",
            fault.text,
            ", ".join(f"{name} {kind.accepted}" for name, kind in fault.parameters.items()),
            " ".join(fault.hazards),
            fault.guarantee,
            ", ".join(map(str, fault.numbers)) or "–",
        )
        for fault in known
    ]
    yield from table(("name", "what breaks", "parameters", "hazards", "guarantee", "rows"), rows)


def covered(board: Board) -> list[Row]:
    """The rows in the order in which they are listed: first those that this board cannot show."""
    return sorted(CATALOGUE, key=lambda each: not each.not_covered(board))
