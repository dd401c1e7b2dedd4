"""The verb `sonofuse monitor`: puts watcher, recorder, sessions, generator and page together."""

import importlib
import stat
import sys
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sonofuse import board_option, keys
from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED, OK, CommandError
from sonofuse.limits import SHIPPED, LimitsError, LimitsFile, compile_limits, find, load
from sonofuse.live import record_option
from sonofuse.live.about import ANY, About
from sonofuse.live.dashboard import HOST, PORT, serve
from sonofuse.live.generators import option as generator_option
from sonofuse.live.generators.calls import Connect
from sonofuse.live.generators.second_switch import SecondSwitch
from sonofuse.live.headless import headless
from sonofuse.live.monitor import Monitor, Watching
from sonofuse.live.record import Record
from sonofuse.live.recorder import Recorder
from sonofuse.live.sessions.instant import now
from sonofuse.live.sessions.place import default_path
from sonofuse.live.sessions.sessions import Sessions
from sonofuse.live.terminal import terminal
from sonofuse.live.treatment import Treatment
from sonofuse.live.view import View
from sonofuse.live.watch import NO_KEY

ABOUT = """\
Watch a device: the host's kernel computes every tick a second time and gives the receipts that RF needs; a page shows
the device and stops it; everything is recorded. --demo needs no device: the rig stands in for one, and can break it.
"""
_FIRST_VIEW_S = 10.0  # the watcher starts, compiles the limits and says what it sees
_DEVICE_S = 3.0  # after which a recording begins also without a device that says who it is
_SWITCH_S = 0.0005  # between threads: a trip that waits for the page's thread reaches the generator late (measured)
_PANELS: tuple[Callable[[], None], ...] = ()


@dataclass(frozen=True)
class Place:
    """What is watched, and what stands around it: a real port, or the rig of the demo."""

    port: str
    limits: Path
    key: bytes = b""
    connect: Connect | None = None
    panels: Sequence[Callable[[], None]] = field(default=_PANELS)
    set_point: tuple[float, float] | None = None


def add_to(parser: ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--port", help="serial port of the device's link (not its USB)")
    parser.add_argument("--limits", metavar="FILE", type=find, default=SHIPPED, help="the limits that the device runs")
    board_option.add_to(parser)
    parser.add_argument(
        "--key", metavar="FILE", type=Path, help="the device's key (default: the one kept when flashing)"
    )
    record_option.add_to(parser)
    parser.add_argument("--session", metavar="NAME", help="the treatment that goes on: P-7K3M-Q2/1 (sonofuse session)")
    parser.add_argument("--sessions", metavar="FILE", type=Path, help="another sessions file than the usual one")
    generator_option.add_to(parser)
    parser.add_argument("--bind", metavar="ADDRESS", default=HOST, help="for the page (default: this computer only)")
    parser.add_argument(
        "--http-port", metavar="N", type=_http_port, default=PORT, help=f"of the page (default: {PORT})"
    )
    parser.add_argument("--code", default="", help="access code of the page, where it is not for this computer only")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--headless", action="store_true", help="no page: a line a second, and one for each change")
    how.add_argument("--terminal", action="store_true", help="no page: a view for this terminal, with keys")
    parser.add_argument("--demo", action="store_true", help="no device: the rig in real time, with faults to inject")
    parser.add_argument("--json", action="store_true", help="with --headless: JSON, one object a line")
    parser.set_defaults(run=run)


def run(asked: Namespace) -> int:
    """Watch until a person ends it.

    Raises:
        CommandError: if something that was asked for cannot be used.
    """
    sys.setswitchinterval(_SWITCH_S)
    if asked.json and not asked.headless:
        raise CommandError(BAD_INPUT, "--json goes with --headless")
    with ExitStack() as leave:
        place = leave.enter_context(_demo(asked) if asked.demo else _device(asked))
        limits, blob = _limits(place.limits, asked.board)
        switch = None
        if place.connect is not None:
            _tell(f"generator: {generator_option.tried(place.connect)}; its output is off")
            switch = SecondSwitch(place.connect)
            switch.start()
            leave.callback(lambda: _tell(switch.close()))
        monitor, early = Monitor(_watching(asked, place)), list[Record]()
        monitor.listeners.append(early.append)  # a recording begins with the first word of the watcher
        leave.enter_context(monitor)
        view = _first(monitor)
        about = partial(About.of, limits=limits, limit_set=blob, keys=[ANY] if place.key else list(keys.kept()))
        recorder = _record(leave, asked.record_to, monitor, early, about)
        sessions = _sessions(leave, asked, limits)
        treatment = Treatment(monitor, limits, sessions, switch, recorder)
        _tell(treatment.not_covered)
        leave.enter_context(treatment)
        if (monitor.latest() or view).inhibited == NO_KEY:
            _tell(f"{NO_KEY}; without it one can watch and STOP, and nothing else")
        try:
            _show(asked, place, _alive(monitor, view), treatment)
        except KeyboardInterrupt as ended:
            text = f"the recording is {recorder.file}" if recorder.file else "nothing was recorded"
            raise CommandError(INTERRUPTED, f"stopped by Ctrl-C; {text}") from ended
    return OK


@contextmanager
def _device(asked: Namespace) -> Generator[Place]:
    if not asked.port:
        raise CommandError(
            BAD_INPUT, "which port? --port NAME, or --demo without a device; see sonofuse monitor --help"
        )
    _check_port(asked.port)
    key = keys.read(asked.key) if asked.key else b""
    yield Place(asked.port, asked.limits, key, generator_option.chosen(asked.generator))


def _check_port(name: str) -> None:
    """A port may be missing for now: it is waited for. What is something else will never be one."""
    try:
        mode = Path(name).stat().st_mode
    except OSError:
        return
    if not stat.S_ISCHR(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a file"
        text = f"--port {name}: is {what}, no serial port; name the one of the device's link, such as /dev/ttyUSB0"
        raise CommandError(BAD_INPUT, text)


def _http_port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 0xFFFF:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no port: a number from 0 (any that is free) to 65535")


@contextmanager
def _demo(asked: Namespace) -> Generator[Place]:
    """The rig, which is another package: nothing of the monitor depends on it."""
    if asked.port or asked.generator:
        raise CommandError(BAD_INPUT, "--demo brings its own device and generator: leave --port and --generator out")
    try:
        rig = importlib.import_module("sonofuse_hil.live.demo")
    except ModuleNotFoundError as missing:
        text = f'the demo needs the rig (no module {missing.name}): pip install "sonofuse[hil,live]"'
        raise CommandError(ENVIRONMENT, text) from missing
    with rig.demo(asked.limits, asked.board) as made:
        yield Place(made.port, made.limits, made.key, made.connect, made.panels, made.set_point)


def _limits(path: Path, board: str | None) -> tuple[LimitsFile, bytes]:
    try:
        limits = load(path, board_option.chosen(board))
        return limits, compile_limits(limits)
    except LimitsError as error:
        raise CommandError(BAD_INPUT, str(error)) from error


def _watching(asked: Namespace, place: Place) -> Watching:
    kept = {} if place.key else {chip: key.hex() for chip, key in keys.kept().items()}
    return Watching(place.port, place.limits, asked.board or "", place.key.hex(), kept)


def _first(monitor: Monitor) -> View:
    """The first picture.

    Raises:
        CommandError: if the watcher says nothing.
    """
    until = time.monotonic() + _FIRST_VIEW_S
    while time.monotonic() < until and not monitor.gone:
        monitor.beat()
        view = monitor.latest()
        if view is not None:
            return view
        time.sleep(0.05)
    raise CommandError(ENVIRONMENT, monitor.gone or f"the watching process said nothing for {_FIRST_VIEW_S:g} s")


def _record(
    leave: ExitStack, folder: Path, monitor: Monitor, early: list[Record], about: Callable[[str], About]
) -> Recorder:
    """Record, as soon as the device has said who it is. A disk that fails inhibits the next start. `early` is the
    listener that has kept the records so far."""
    until = time.monotonic() + _DEVICE_S
    view = _first(monitor)
    while time.monotonic() < until and not view.device:
        monitor.beat()
        time.sleep(0.05)
        view = _first(monitor)
    recorder = Recorder(folder, about(view.device or "no-device"))
    monitor.change(early.append, recorder.put, early)
    monitor.troubles.append(lambda: recorder.trouble)
    monitor.inhibitions.append(lambda: recorder.trouble)
    leave.callback(lambda: _tell(recorder.close()))
    return recorder


def _sessions(leave: ExitStack, asked: Namespace, limits: LimitsFile) -> Sessions | None:
    if not asked.session:
        return None
    sessions = leave.enter_context(Sessions(asked.sessions or default_path(), limits, now()))
    sessions.choose(asked.session)
    return sessions


def _alive(monitor: Monitor, first: View) -> Callable[[], View]:
    """What gives the newest picture; to ask for it is a sign of life of whoever draws and listens to keys."""

    def latest() -> View:
        monitor.beat()
        return monitor.latest() or first

    return latest


def _show(asked: Namespace, place: Place, latest: Callable[[], View], treatment: Treatment) -> None:
    if asked.headless:
        headless(latest, as_json=asked.json, ended=threading.Event())
    elif asked.terminal:
        terminal(latest, treatment)
    else:
        serve(
            latest,
            treatment,
            host=asked.bind,
            port=asked.http_port,
            code=asked.code,
            extra_panels=place.panels,
            set_point=place.set_point,
        )


def _tell(line: str) -> None:
    if line:
        print(f"sonofuse: {line}", file=sys.stderr, flush=True)
