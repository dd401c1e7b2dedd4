"""G12: whatever is said on the link without being entitled to it, nothing but STOP has any effect."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import F
from sonofuse.live.view import CONNECTED
from sonofuse_firmware.states import ARMED, BOOT, NAMES, ON, SAFE, TRIPPED
from sonofuse_hil import strategies
from sonofuse_hil.faults.forgeries import FORGERIES, ON_THE_LINE
from sonofuse_hil.guarantees import floods, g12
from sonofuse_hil.guarantees.g06 import Console
from sonofuse_hil.guarantees.subject import STATES, Subject
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.rig import Rig
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
UNSHRUNK = (Phase.explicit, Phase.generate)
KINDS = [F.ARM, F.START, F.FINISH, F.DISARM, F.ACKNOWLEDGE]
A_TREATMENT = [F.ARM, F.START, F.FINISH, F.ACKNOWLEDGE, F.ARM, F.START, F.FINISH, F.ARM, F.DISARM]


@pytest.fixture(scope="module")
def limits(limits_files: LimitsFiles) -> Path:
    return limits_files.hosted


# ---- forged


def names(states: tuple[int, ...] = STATES) -> list[str]:
    return [NAMES[state] for state in states]


@pytest.mark.parametrize("state", STATES, ids=names())
def test_every_forgery_of_every_command(state: int, limits: Path, measured: Measured) -> None:
    @settings(max_examples=examples(2), phases=UNSHRUNK)
    @given(seed=strategies.seeds())
    def prove(seed: int) -> None:
        forgeries = [(name, kind) for name in FORGERIES for kind in g12.kinds(state)]
        random.Random(seed).shuffle(forgeries)
        found = g12.forge(limits, state, forgeries, seed)
        measured(g12.no_effect("forged commands", found, f"{len(forgeries)} in {NAMES[state]}, seed {seed}"))

    prove()


def test_every_forgery_at_a_new_device(limits: Path, measured: Measured) -> None:
    """Its dose counts as exhausted: a forged ACKNOWLEDGE would make it nothing."""
    forgeries = [(name, kind) for name in FORGERIES for kind in g12.kinds(TRIPPED)]
    found = g12.forge(limits, TRIPPED, forgeries, 1, blank=True)
    measured(g12.no_effect("forged commands", found, f"{len(forgeries)} at a new device"))


@pytest.mark.parametrize("kind", [F.ARM, F.START, F.STATUS])
def test_every_bit_of_a_frame(kind: int, limits: Path, measured: Measured) -> None:
    """ARM and STOP differ by one bit."""
    measured(g12.no_effect("one bit of a frame wrong", g12.every_bit(limits, kind), f"of a command {kind}"))


@settings(max_examples=examples(8), phases=UNSHRUNK)
@given(forgery=st.sampled_from([name for name in FORGERIES if name not in ON_THE_LINE]), seed=strategies.seeds())
def test_a_forged_finish_is_a_stop(limits: Path, measured: Measured, forgery: str, seed: int) -> None:
    for measurement in g12.forged_finish(limits, forgery, seed):
        measured(measurement)


def test_a_forged_finish_boots_into_tripped(limits: Path) -> None:
    with Rig(limits) as rig:
        subject = Subject(rig, ON)
        subject.say(FORGERIES["another key"](subject.forger, F.FINISH))
        rig.run_for(200_000)
        rig.platform.pull_run()
        rig.run_for(500_000)
        telemetry = subject.console.watch.telemetry
        assert telemetry is not None and (telemetry.state, telemetry.cause >> 8) == (TRIPPED, g12.STOPPED)


# ---- genuine, in another order, and more than once


@settings(max_examples=examples(8), phases=UNSHRUNK)
@given(
    made=st.lists(st.sampled_from(KINDS), min_size=3, max_size=9) | st.just(A_TREATMENT),
    said=st.lists(st.integers(0, 8), min_size=4, max_size=12),
)
@example(made=A_TREATMENT, said=list(range(9)))
@example(made=A_TREATMENT, said=[1, 0, 2, 3, 5, 4, 6, 8, 7])
@example(made=[F.ARM, F.START, F.DISARM, F.FINISH, F.ARM, F.START], said=[0, 1, 2, 3, 2, 1, 0, 4, 5, 3])
def test_genuine_commands_in_any_order(limits: Path, measured: Measured, made: list[int], said: list[int]) -> None:
    found = g12.reordered(limits, made, said)
    wrong = [f"{is_}, not {should}" for should, is_ in found if should != is_]
    measured(g12.no_effect("commands in another order", wrong, f"made {made}, said {said}"))


def test_commands_of_another_boot(limits: Path, measured: Measured) -> None:
    measured(g12.no_effect("commands of another boot", g12.of_another_boot(limits), "as they were"))


def test_a_device_without_a_key_obeys_nobody(limits: Path) -> None:
    assert g12.without_key(limits) == TRIPPED


# ---- floods


@pytest.mark.parametrize("state", STATES, ids=names())
def test_a_flood(state: int, limits: Path, blob: bytes, measured: Measured) -> None:
    for kind in floods.FLOODS:
        flooded = floods.flood(limits, state, kind, 600, seed=1)
        for measurement in floods.measure(flooded, blob, f"{kind} in {NAMES[state]}, seed 1"):
            measured(measurement)


@pytest.mark.parametrize("kind", floods.FLOODS)
def test_a_flood_that_can_be_heard(kind: str, limits: Path, blob: bytes, measured: Measured) -> None:
    flooded = floods.flood(limits, ON, kind, 100, 1, bytes_per_ms=1, every_us=floods.HEARD_US)
    for measurement in floods.measure(flooded, blob, f"{kind} in ON, seed 1"):
        measured(measurement)
    measured(floods.trips(flooded, f"{kind}, seed 1"))


@settings(max_examples=examples(8), phases=UNSHRUNK)
@given(kind=st.sampled_from(list(floods.FLOODS)), delay_us=st.integers(10_000, 300_000), seed=strategies.seeds())
def test_stop_in_a_flood_that_can_be_heard(
    limits: Path, measured: Measured, kind: str, delay_us: int, seed: int
) -> None:
    measured(floods.stop_in_flood(limits, kind, delay_us, seed))


@pytest.mark.slow
@pytest.mark.parametrize("kind", floods.FLOODS)
@pytest.mark.parametrize("state", STATES, ids=names())
def test_a_flood_for_long(state: int, kind: str, limits: Path, blob: bytes, measured: Measured) -> None:
    """A million frames, a share of them in each state."""
    share, most = {BOOT: (3_000, 1_500), ON: (24_000, 6_000), ARMED: (30_000, 30_000)}.get(state, (34_000, 34_000))
    seed = sent = 0
    while sent < share:
        seed += 1
        flooded = floods.flood(limits, state, kind, min(most, share - sent), seed)
        sent += flooded.frames
        for measurement in floods.measure(flooded, blob, f"{kind} in {NAMES[state]}, seed {seed}"):
            measured(measurement)


# ---- found by them


def test_questions_do_not_starve_telemetry(limits: Path) -> None:
    """165 questions a second once kept a device from saying anything else, in every state."""
    flooded = floods.flood(limits, SAFE, "questions", 165, 1, bytes_per_ms=1, every_us=6_000)
    assert flooded.changed == [] and flooded.gap_us <= floods.GAP_US


def test_two_who_ask_for_the_picture_at_once(limits: Path) -> None:
    """Pieces of two pictures once gave a host a state that the device never had, and it did not notice."""
    with Rig(limits) as rig:
        console = Console(rig)

        def ask() -> None:
            if rig.bench.now_us < 1_600_000:
                rig.bench.send(link.encode(F.READ, 9, link.read_request(link.PICTURE, 0)))
                rig.bench.at(rig.bench.now_us + 70_000, ask)

        rig.bench.at(20_000, ask)
        rig.run_for(3_000_000)
        follower = console.watch.follower
        assert console.watch.link == CONNECTED and follower is not None
        assert follower.inputs[K.I_RECEIPT_US] == 0, "the device takes none of its receipts"
