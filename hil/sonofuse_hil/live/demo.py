"""The demo of the live monitor: a live rig, its generator as a second switch, and a panel of faults for the page."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sonofuse.console import ENVIRONMENT, CommandError
from sonofuse.live.generators.calls import Connect
from sonofuse.live.generators.generator import GeneratorError

from ..device import KEY
from ..guarantees import variant
from .client import Client, RigRequestError
from .panel import panel

SET_POINT = (40.0, 20.0)  # W, s: what stands in the page's fields, so that a newcomer has only to press
_CHANGED = {"limits.cooling_gap": "3 s"}  # so that a newcomer need not wait for a minute
# Well coupled, the rig's coupler shows 4 % of forward power. That is VSWR 1.5, where the limits that ship begin to
# warn, so that there would be a warning most of the time.
_CALM = {"channel.reflected.ratio.warn": 1.8}
_END_S = 5.0


@dataclass(frozen=True)
class Demo:
    """A device that is there: where, with which limits and key, its generator, and more for its page."""

    port: str
    limits: Path
    key: bytes
    connect: Connect
    panels: tuple[Callable[[], None], ...]
    set_point: tuple[float, float] = SET_POINT


class BenchGenerator:
    """The rig's generator, as the monitor asks for one (sonofuse.live.generators.generator)."""

    identity = "the rig's generator"
    timeout_s = 2.0
    settle_s = 0.0
    tolerance = 1e-6

    def __init__(self, control: Path) -> None:
        self._control = control
        self._client = _connected(control)

    def set_point(self, watts: float) -> None:
        self._ask(power_w=watts)

    def read_set_point(self) -> float:
        return float(self._ask()["power_w"])

    def on(self) -> None:
        self._ask(gate=True)

    def off(self) -> None:
        self._ask(gate=False)

    def read_output(self) -> bool:
        return bool(self._ask()["gate"])

    def abort(self) -> None:
        other = _connected(self._control)
        try:
            other.ask("generator", gate=False)
        except RigRequestError as problem:
            raise GeneratorError(str(problem)) from problem
        finally:
            other.close()

    def close(self) -> None:
        self._client.close()

    def _ask(self, **values: object) -> dict[str, Any]:
        try:
            return self._client.ask("generator", **values)
        except RigRequestError as problem:
            raise GeneratorError(str(problem)) from problem


@contextmanager
def demo(limits: Path, board: str | None) -> Generator[Demo]:
    """A rig in real time with these limits, but a short cooling gap, and a device that was commissioned; it ends with
    this process.

    Raises:
        CommandError: if it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="sonofuse-demo-") as name:
        folder = Path(name)
        changed = _changed(limits, folder / "demo.toml")
        link, control = folder / "link", folder / "control"
        command = [sys.executable, "-m", "sonofuse_hil.live", "--until-eof", "--commissioned", "--link", str(link)]
        command += ["--control", str(control), "--limits", str(changed)]
        command += ["--board", board] if board else []
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdin is not None and process.stdout is not None
        try:
            ready = process.stdout.readline()
            if not ready:
                raise CommandError(ENVIRONMENT, "the rig did not start; try python -m sonofuse_hil.live --help")
            json.loads(ready)
            client = _connected(control)
            yield Demo(str(link), changed, KEY, partial(BenchGenerator, control), (partial(panel, client),))
            client.close()
        finally:
            process.stdin.close()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _changed(limits: Path, target: Path) -> Path:
    try:
        return variant.write(target, _CHANGED | _CALM, limits)
    except KeyError:  # limits without that check
        return variant.write(target, _CHANGED, limits)


def _connected(control: Path) -> Client:
    try:
        return Client(control)
    except RigRequestError as problem:
        raise GeneratorError(str(problem)) from problem
