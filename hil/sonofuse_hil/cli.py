"""The command line of the rig: `sonofuse hil list | run | demo | faults | campaign | rerun | verify`."""

import json
import platform
import shlex
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sonofuse import board_option
from sonofuse.console import (
    BAD_INPUT,
    ENVIRONMENT,
    EXIT_CODES,
    NOT_AS_EXPECTED,
    OK,
    CommandError,
    Parser,
    package_version,
    serve,
    writable_folder,
)
from sonofuse.limits import SHIPPED, find
from sonofuse.limits.units import UnitError, quantity

from . import choose, demo, faults
from .campaign import options as campaign_options
from .clear import clear_errors
from .faults import commands as fault_commands
from .playback import run_recording
from .report.case import Case
from .report.file import file_to_be, pages, write
from .scenario import Outcome, Scenario, load_scenario, run_scenario, scenario_names
from .verify import options as verify_options
from .view import bars, show_cases, show_played, show_table

_RUN = """\
Run one scenario, by the name of a shipped one (see list) or the path of a TOML file, and compare what happened with
what the scenario expects. Or play recorded signals into the device and say what it does with them:

  sonofuse hil run lost_coupling --report lost_coupling.html
  sonofuse hil run --signals log.csv --map "time=Time[s],skin_a=T1[degC],forward=P[W]" --set-power "60 W"
"""
_DEMO = """\
Run four sonications side by side, one as planned and three broken, and write a report of them, report.html: curves,
the instant of each trip, the result table, and what the limits cover. Needs no hardware.
"""
_LIMITS = "limits in TOML, or the name of a file that ships (default: what the scenario says; the shipped ones)"
_OF_SIGNALS = ("map", "set_power", "power_scale", "gap", "start", "duration", "straight")


def main(arguments: Sequence[str]) -> int:
    """Run `sonofuse hil` with these arguments; returns the exit code."""
    return serve(_parser(), arguments)


def _amount(dimension: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return quantity(text, dimension)[0]
        except UnitError as error:
            raise ArgumentTypeError(f"{text!r} {error}") from error

    return read


def _parser() -> Parser:
    parser = Parser(
        prog="sonofuse hil",
        description="The rig: the monitor's firmware in a simulated device, broken on purpose. Research use only.",
        epilog=EXIT_CODES,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    shown = verbs.add_parser("list", help="scenarios and faults", description="List shipped scenarios and all faults.")
    shown.add_argument("--faults", action="store_true", help="the catalogue of faults, not covered first")
    board_option.add_to(shown, "say which faults this board has no signal for")
    shown.set_defaults(run=_list)
    run = verbs.add_parser("run", help="run a scenario, or play recorded signals", description=_RUN, epilog=EXIT_CODES)
    run.add_argument("scenario", metavar="SCENARIO", nargs="?", help="a name from list, or a TOML file")
    run.add_argument("--report", metavar="FILE.html", type=Path, help="write a report with curves")
    signals = run.add_argument_group("recorded signals instead of a scenario")
    signals.add_argument("--signals", metavar="FILE.csv", type=Path, help="recorded signals with a header line")
    signals.add_argument(
        "--map", metavar="CHANNEL=COLUMN[UNIT],…", help="which column is which channel; time is one too"
    )
    signals.add_argument("--set-power", metavar="W", type=_amount("power"), help='armed power, such as "60 W"')
    signals.add_argument("--power-scale", metavar="X", type=float, help="all recorded powers times this")
    signals.add_argument(
        "--gap", metavar="S", type=_amount("time"), help='no row for longer is a broken sensor ("2 s")'
    )
    signals.add_argument("--start", metavar="S", type=_amount("time"), help="where the part to play begins")
    signals.add_argument("--duration", metavar="S", type=_amount("time"), help="how long that part is")
    signals.add_argument("--straight", action="store_true", default=None, help="straight lines between the rows")
    run.set_defaults(run=_run)
    show = verbs.add_parser("demo", help="four sonications and a report", description=_DEMO, epilog=EXIT_CODES)
    show.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out"), help="folder of the report (default: out)"
    )
    show.set_defaults(run=_demo)
    for verb in (run, show):
        verb.add_argument("--limits", metavar="FILE", type=find, help=_LIMITS)
        board_option.add_to(verb)
        verb.add_argument("--seed", metavar="N", type=int, help="of all noise (default: what the scenario says)")
        choose.add_to(verb)
    fault_commands.add_to(verbs)
    campaign_options.add_to(verbs)
    verify_options.add_to(verbs)
    for verb in (shown, run, show):
        verb.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _list(asked: Namespace) -> int:
    if asked.faults:
        return fault_commands.catalogue(asked)
    scenarios = [load_scenario(name) for name in scenario_names()]
    known = [faults.get(name) for name in faults.fault_names()]
    board = board_option.chosen(asked.board)
    blind = {} if board is None else {fault.name: fault.blind(board) for fault in known}
    if asked.json:
        shown = [
            {"name": s.name, "title": s.title, "expected": s.expect.text, "guarantee": s.expect.guarantee}
            for s in scenarios
        ]
        broken = [
            {
                "name": fault.name,
                "text": fault.text,
                "hazards": fault.hazards,
                "guarantee": fault.guarantee,
                "parameters": {name: kind.accepted for name, kind in fault.parameters.items()},
                **({"not_covered": blind[fault.name]} if blind else {}),
            }
            for fault in known
        ]
        print(json.dumps({"scenarios": shown, "faults": broken}, indent=2))
        return OK
    show_table("Scenarios", ("name", "what happens", "expected"), [(s.name, s.title, s.expect.text) for s in scenarios])
    rows = [
        (
            f.name,
            " ".join(f.hazards),
            f.guarantee,
            ", ".join(f"{n} {p.accepted}" for n, p in f.parameters.items()),
            f.text + "".join(f"; {wrong}" for wrong in blind.get(f.name, ())),
        )
        for f in known
    ]
    show_table("Faults", ("name", "hazards", "guarantee", "parameters", "what breaks"), rows)
    return OK


def _run(asked: Namespace) -> int:
    if (asked.scenario is None) == (asked.signals is None):
        raise CommandError(
            BAD_INPUT, "give either a SCENARIO or --signals FILE.csv; sonofuse hil list names the scenarios"
        )
    if asked.signals is not None:
        return _play(asked)
    for name in _OF_SIGNALS:
        if getattr(asked, name) is not None:
            raise CommandError(
                BAD_INPUT, f"--{name.replace('_', '-')} belongs to --signals; a scenario file says it itself"
            )
    if asked.report is not None:
        file_to_be(asked.report)
        pages()
    with clear_errors():
        on = choose.chosen(asked)
        scenario = _asked(asked.scenario, asked)
        with bars([scenario.title]) as move:
            outcome = run_scenario(
                scenario,
                on=on,
                on_progress=lambda now_s, planned_s: move(0, now_s, planned_s),
                after_us=200_000 if asked.report is None else demo.AFTER_US,
            )
    words = ["sonofuse", "hil", "run", asked.scenario, *choose.words(asked), *_words(asked)]
    return _tell([outcome], scenario.title, words, asked, asked.report)


def _demo(asked: Namespace) -> int:
    writable_folder(asked.out)
    pages()
    with clear_errors():
        on = choose.chosen(asked)
        scenarios = [_asked(name, asked) for name in demo.CASES]
        with bars([scenario.title for scenario in scenarios]) as move:
            outcomes = demo.run_cases(scenarios, on, move)
    words = ["sonofuse", "hil", "demo", *choose.words(asked), *_words(asked)]
    return _tell(outcomes, "One sonication as planned, three broken", words, asked, asked.out / "report.html")


def _tell(outcomes: Sequence[Outcome], title: str, words: Sequence[str], asked: Namespace, target: Path | None) -> int:
    """Write the report, print the results, and give the exit code."""
    for outcome in outcomes:
        if outcome.run.state < 0 and (asked.micropython or asked.uf2):
            given = asked.micropython or asked.uf2
            raise CommandError(ENVIRONMENT, f"{given}: the firmware never spoke; is it MicroPython for this platform?")
    cases = [Case(outcome) for outcome in outcomes]
    if target is not None:
        made = pages()
        write(target, made.page(made.Head(title, shlex.join(words), _versions(asked)), cases))
    passed = all(outcome.passed for outcome in outcomes)
    if asked.json:
        records = [case.record() for case in cases]
        print(
            json.dumps(
                {"passed": passed, "report": None if target is None else str(target), "cases": records}, indent=2
            )
        )
    else:
        show_cases(cases)
        if target is not None:
            print(f"report: {target}")
    return OK if passed else NOT_AS_EXPECTED


def _play(asked: Namespace) -> int:
    if asked.map is None:
        raise CommandError(BAD_INPUT, "--signals needs --map, such as time=Time[s],skin_a=T1[degC]")
    if asked.report is not None:
        raise CommandError(BAD_INPUT, "--report is for scenarios; --signals prints its result, with --json as data")
    given = {"power_scale": asked.power_scale, "gap_s": asked.gap, "start_s": asked.start, "seed": asked.seed}
    with clear_errors(), bars([asked.signals.name]) as move:
        played = run_recording(
            asked.signals,
            asked.map,
            asked.limits or SHIPPED,
            board=board_option.chosen(asked.board),
            set_power_w=asked.set_power,
            duration_s=asked.duration,
            straight=bool(asked.straight),
            on=choose.chosen(asked),
            on_progress=lambda now_s, planned_s: move(0, now_s, planned_s),
            **{name: value for name, value in given.items() if value is not None},
        )
    show_played(played, str(asked.signals), asked.json)
    return OK if played.armed else NOT_AS_EXPECTED


def _asked(name: str, asked: Namespace) -> Scenario:
    """A scenario with the limits, the board and the seed that were asked for."""
    if asked.seed is not None and not 0 <= asked.seed < 1 << 32:
        raise CommandError(BAD_INPUT, f"--seed {asked.seed}: must be from 0 to 4294967295")
    scenario = load_scenario(name, asked.limits, board_option.chosen(asked.board))
    return scenario if asked.seed is None else replace(scenario, seed=asked.seed)


def _words(asked: Namespace) -> list[str]:
    """The options that repeat a choice of limits, board and seed."""
    given = (("--limits", asked.limits), ("--board", asked.board), ("--seed", asked.seed))
    return [word for option, value in given if value is not None for word in (option, str(value))]


def _versions(asked: Namespace) -> tuple[tuple[str, str], ...]:
    return (
        ("sonofuse", package_version()),
        *choose.versions(asked),
        ("Python", platform.python_version()),
        ("numpy", package_version("numpy")),
        ("matplotlib", package_version("matplotlib")),
    )
