"""A host's watch and its follower with one mistake each: the checks of G3, G4 and G12 notice it.

The follower's arithmetic has a test of its own, against a second one (tests/host/test_follower.py).
"""

import random
import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import sonofuse.live.watch
import sonofuse_hil.operator
from sonofuse.link import F
from sonofuse_core.follow import Follower
from sonofuse_firmware.states import ARMED, TRIPPED
from sonofuse_hil.guarantees import g03, g04, losses
from sonofuse_hil.guarantees.excursion import Excursion
from sonofuse_hil.line import Line
from sonofuse_hil.operator import Sonication

from . import host_fuzz
from .conftest import LimitsFiles


@pytest.fixture
def mistaken(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a watch with one mistake beside the rig's device; the one that judges is left as it is."""

    def put(old: str, new: str) -> None:
        source = Path(str(sonofuse.live.watch.__file__)).read_text(encoding="utf-8")
        assert source.count(old) == 1, f"watch.py: {old!r} is there {source.count(old)} times: adapt this mistake"
        module = types.ModuleType("mistaken_watch")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(source.replace(old, new), module.__name__, "exec"), module.__dict__)  # noqa: S102
        monkeypatch.setattr(sonofuse_hil.operator, "Watch", module.__dict__["Watch"])

    return put


def not_stopped(limits_files: LimitsFiles) -> bool:
    danger = Excursion("forward", "above", 130.0, 40_000, "", Sonication(40.0, 0.4))
    return not g04.reaction("", g04.beyond(danger, limits_files.hosted_alone("forward", "above")), "").passed


def pressed_and_lost(limits_files: LimitsFiles) -> bool:
    found = g04.perform(limits_files.hosted, act=lambda rig: rig.operator.stop(), plan=(Sonication(40.0, 0.4),), lost=1)
    return not g04.pressed(found, "", 1).passed


def misunderstood(what: str, limits_files: LimitsFiles) -> bool:
    transform = g04.MISUNDERSTOOD[what]
    found = g04.perform(limits_files.hosted, plan=(Sonication(40.0, 0.4),), transform=transform)
    return not g04.reaction("", found, "").passed


def unanswered(limits_files: LimitsFiles) -> bool:
    to_host = losses.answers_to(F.ARM)
    transform = g04.MISUNDERSTOOD["power"]
    found = g04.perform(limits_files.hosted, plan=(Sonication(40.0, 0.4),), transform=transform, to_host=to_host)
    return not g04.reaction("", found, "").passed


def clocks(limits_files: LimitsFiles) -> bool:
    found = g04.perform(limits_files.hosted, act=lambda rig: setattr(rig.operator, "clock_rate", 1.2))
    return not g04.reaction("", found, "").passed


def lose(line: Line) -> None:
    line.to_host, _ = losses.one_frame(100_000, random.Random(1))


def lost_frames(limits_files: LimitsFiles) -> bool:
    found = g03.perform(limits_files.hosted, "lost", 5_000, lose, plan=(Sonication(20.0, 0.8),))
    assert found.run.stimuli, "it never came to RF"
    return found.state == TRIPPED


MISTAKES: dict[str, tuple[str, str, Callable[[LimitsFiles], bool]]] = {
    "its kernel trips for nothing": ("        if follower.cause:\n", "        if False:\n", not_stopped),
    "STOP is said once": (
        "            self._send(F.STOP)\n            self._stop_ns = now + _STOP_NS\n",
        "            self._stop_ns = now + _STOP_NS\n",
        pressed_and_lost,
    ),
    "a set point is not compared": ("follower.set_point not in known", "False", partial(misunderstood, "power")),
    "an energy limit is not compared": (
        "return set_mw, set_us, min(words[K.H_ENERGY], set_mw * set_us * words[K.H_ENERGY_RATIO] >> 25)",
        "return set_mw, set_us, min(words[K.H_ENERGY], set_mw * set_us * words[K.H_ENERGY_RATIO] >> 24)",
        partial(misunderstood, "energy"),
    ),
    "only what was answered is armed": ("known = [*self._asked.values(), *(", "known = [*(", unanswered),
    "the clocks are not compared": ("            self._stop(self.clock_error)\n", "            pass\n", clocks),
    "what comes for the second time is dropped": (
        "        if not silent and 0 < older < _SECOND_TIME:\n            self._follow(frame)\n",
        "        if not silent and 0 < older < _SECOND_TIME:\n",
        lost_frames,
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_the_watch_is_noticed(
    name: str, limits_files: LimitsFiles, mistaken: Callable[[str, str], None]
) -> None:
    old, new, check = MISTAKES[name]
    assert not check(limits_files), "the check fails without a mistake"
    mistaken(old, new)
    assert check(limits_files)


def test_a_watch_that_commands_by_itself_is_noticed(limits_files: LimitsFiles) -> None:
    blob, heard = host_fuzz.record(limits_files.hosted)

    class Eager(sonofuse.live.watch.Watch):
        def passed(self, t_ns: int) -> None:
            super().passed(t_ns)
            if self.telemetry is not None and self.telemetry.state == ARMED and self.identity is not None:
                self.order(F.START)

    assert host_fuzz.listen(blob, heard, Eager) - host_fuzz.BY_ITSELF == {F.START}


class Behind(Follower):
    """A follower that gives the digest of the frame before."""

    before = 0

    def frame(self, payload: bytes) -> int:
        self.before = super().digest if self.joined else 0
        return super().frame(payload)

    @property
    def digest(self) -> int:
        return self.before


class Forgetful(Follower):
    """A follower that cannot make a lost frame good."""

    newest = -1

    def frame(self, payload: bytes) -> int:
        tick = int.from_bytes(payload[:4], "little")
        if tick < self.newest:
            return 0
        self.newest = tick
        return super().frame(payload)


@pytest.mark.parametrize("kind", [Behind, Forgetful])
def test_a_mistake_of_the_follower_is_noticed(
    kind: type[Follower], limits_files: LimitsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Follower

    def choose(line: Line) -> None:
        """The operator's watch has the mistake; the one that judges, which comes first, has not."""
        made = [real, kind]

        def make(limits: bytes, how: bytes) -> Follower:
            return made.pop(0)(limits, how)

        monkeypatch.setattr(sonofuse.live.watch, "Follower", make)

    found = g03.perform(limits_files.hosted, "lost", 5_000, lose, plan=(Sonication(20.0, 0.8),), watch=choose)
    assert found.state == TRIPPED or not found.run.bursts(0)
