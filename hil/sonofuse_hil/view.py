"""What the rig shows in a terminal: progress bars while it runs, and tables."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from .demo import Progress as OnProgress
from .measurement import EMULATED, TIERS
from .playback import Played
from .report.case import Case

_PIPED_COLUMNS = 150  # of a table that goes to a file or another program


class _SpeedColumn(ProgressColumn):
    """Simulated seconds per real second."""

    def render(self, task: Task) -> Text:
        elapsed_s = task.elapsed or 0.0
        speed = f"{task.completed / elapsed_s:4.1f} × real time" if elapsed_s and task.completed else ""
        return Text(speed, style="cyan")


@contextmanager
def bars(titles: Sequence[str]) -> Generator[OnProgress]:
    """One bar per title on stderr, if that is a terminal; gives the function that moves them."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.completed:5.1f} s simulated"),
        _SpeedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        tasks = [progress.add_task(title, total=None, start=False) for title in titles]

        def move(case: int, now_s: float, planned_s: float) -> None:
            if not progress.tasks[case].started:
                progress.start_task(tasks[case])
            progress.update(tasks[case], completed=now_s, total=planned_s)

        yield move


@contextmanager
def counted(title: str, total: int) -> Generator[Callable[[], None]]:
    """A bar on stderr, if that is a terminal, of things that are done one by one; gives the function that counts."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


def show_cases(cases: Sequence[Case]) -> None:
    """The result table on stdout."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
    table.add_column("case", no_wrap=True)
    table.add_column("expected → seen")
    for name in ("permit low", "bound", "RF off", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for case in cases:
        outcome = case.outcome
        words = Text(f"{outcome.expected}\n→ {outcome.seen}")
        words.append("" if outcome.passed else f"\n{outcome.reason}", "bold red")
        verdict = Text("ok", "green") if outcome.passed else Text("NOT OK", "bold red")
        times = (case.after(case.permit_low_us), case.bound, case.after(case.rf_off_us))
        table.add_row(case.scenario.name, words, *times, verdict)
    _show(table)
    good = sum(case.outcome.passed for case in cases)
    tier = cases[0].run.tier
    print(f"{good} of {len(cases)} as expected, tier: {tier}. Times count from the event to the last permit edge.")
    if tier == EMULATED:
        print(f"{tier}: {TIERS[tier]}.")


def show_played(played: Played, name: str, as_json: bool) -> None:
    """What a device did with recorded signals, on stdout."""
    times = {"permit_low_s": played.trip_us, "rf_off_s": played.rf_off_us}
    found = {key: None if us is None else us / 1e6 for key, us in times.items()}
    if as_json:
        run = played.run
        said = {"armed": played.armed, "seen": played.seen, "cause": played.cause, "set_power_w": played.set_power_w}
        ran = {"tier": run.tier, "seed": run.seed, "limits": run.limits, "run_sha256": run.digest()}
        print(json.dumps({"signals": name, **said, **found, **ran}, indent=2))
        return
    print(f"{name}: {played.seen}")
    for key, text in (("permit_low_s", "permit low for good"), ("rf_off_s", "RF off")):
        if found[key] is not None:
            armed = f"{played.set_power_w:g} W armed, tier: {played.run.tier}"
            print(f"  {text} {found[key]:.3f} s after the start of RF ({armed})")


def show_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table on stdout."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name in head:
        table.add_column(name)
    for row in rows:
        table.add_row(*map(Text, row))
    _show(table)


def _show(table: Table) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED_COLUMNS)
    console.print(table)
