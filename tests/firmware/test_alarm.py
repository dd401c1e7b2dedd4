"""The firmware's alarm in virtual time, held against what the standard says: bursts, silence, new causes, latching."""

import itertools
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.twin import kernel_twin
from sonofuse_firmware.alarms import ALARMS, BURSTS, KINDS, PRIORITIES, TECHNICAL
from sonofuse_firmware.checks import CHECKS, MONITOR
from tests.alarm_standard import (
    BETWEEN_BURSTS_MS,
    PULSE_MS,
    SILENCE_MS,
    beat_ms,
    bursts_of,
    pulses_of,
    violations,
)
from tests.kernels.limitsets import every_check
from tests.kernels.test_agree_smoke import stream

from .sounder import WRAPS_US, Sounder, failing

ABOVE, STALE, FOLLOW, DOSE, STOP = 4 << 8, 2 << 8 | 3, 13 << 8 | 8, 9 << 8, 36 << 8 | MONITOR
PRIORITY = {check: PRIORITIES[priority] for check, _, priority in ALARMS}
TICK_MS = 1.0


def sounding(cause: int, ms: float = 60_000, tick_us: int = 1_000, starts_us: int = 0) -> Sounder:
    sounder = Sounder(starts_us)
    sounder.begin(cause)
    sounder.run(ms, tick_us)
    return sounder


# ---- the declarations


def test_every_check_has_one_alarm() -> None:
    assert [check for check, _, _ in ALARMS] == [check for check, *_ in CHECKS]


def test_every_kind_and_priority_has_one_burst() -> None:
    assert sorted((kind, priority) for kind, priority, _ in BURSTS) == list(
        itertools.product(range(len(KINDS)), range(1, len(PRIORITIES)))
    )


def test_a_check_that_nobody_declared_is_of_high_priority() -> None:
    sounder = sounding(63 << 8)
    assert not violations(sounder.pulses(), "high", TICK_MS, whole=False)
    assert sounder.edges == sounding(FOLLOW).edges


# ---- bursts


@pytest.mark.parametrize("tick_us", [999, 1_000, 1_001, 2_003])
@pytest.mark.parametrize("check", [check for check, *_ in CHECKS], ids=[name for _, name, *_ in CHECKS])
def test_its_bursts_are_those_of_its_priority(check: int, tick_us: int) -> None:
    pulses = sounding(check << 8, 30_000, tick_us).pulses()
    assert not violations(pulses, PRIORITY[check], tick_us / 1_000, whole=False)
    assert len(bursts_of(pulses)) > 3
    assert pulses[0][0] == 0, "the first pulse is late"


@pytest.mark.parametrize("one", BURSTS, ids=[f"{KINDS[kind]} {PRIORITIES[priority]}" for kind, priority, _ in BURSTS])
def test_bursts_tell_the_equipment_from_the_patient(one: tuple[int, int, tuple[int, ...]]) -> None:
    """A buzzer has one pitch, so that pulses alone have to: half as fast, or another number of them."""

    def heard(kind: int, priority: int) -> list[tuple[float, float]]:
        times = list(itertools.accumulate(next(ms for *which, ms in BURSTS if which == [kind, priority]), initial=0))
        return list(zip(times[:-1:2], times[1::2], strict=True))

    kind, priority, _ = one
    own, other = heard(kind, priority), heard(1 - kind, priority)
    assert not violations(own, PRIORITIES[priority])
    if len(own) == len(other):
        beats = sorted((beat_ms(own), beat_ms(other)))
        assert beats[1] > 1.6 * beats[0]
        assert kind != TECHNICAL or beat_ms(own) == beats[1]


def test_the_oracle_finds_what_is_wrong() -> None:
    good = sounding(ABOVE).pulses()
    half = [(start, (start + end) / 2) for start, end in good]
    assert not violations(good, "high", TICK_MS, whole=False)
    assert violations(good, "medium", TICK_MS) and violations(half, "high", TICK_MS) and violations([], "high")
    assert violations(good[:9], "high") == ["burst 0: 9 pulses"]
    assert violations([good[0], *good[2:]], "high", TICK_MS, whole=False)
    assert violations([good[0], (good[1][0] - 20, good[1][1] - 20), *good[2:]], "high", TICK_MS, whole=False)
    with pytest.raises(ValueError, match="after one at"):
        pulses_of([(5.0, 1), (4.0, 0)], 10.0)


@pytest.mark.parametrize("before_us", [1, 500, 100_000, 5_000_000])
def test_a_clock_that_wraps_changes_nothing(before_us: int) -> None:
    assert sounding(ABOVE, starts_us=WRAPS_US - before_us).edges == sounding(ABOVE).edges


def test_a_clock_that_runs_backwards_only_stretches() -> None:
    sounder = sounding(ABOVE, 30)
    sounder.shift_clock(-20_000)
    sounder.run(2_000)
    assert sounder.pulses()[0][1] == pytest.approx(90, abs=TICK_MS)


@pytest.mark.parametrize("stall_ms", [45, 400])
@pytest.mark.parametrize("at_ms", range(1, 1_000, 13))
def test_a_processor_that_stood_still_makes_no_pulse_shorter(at_ms: int, stall_ms: int) -> None:
    """As flash does while a sector is erased: 45 ms, 400 ms at most."""
    sounder = sounding(ABOVE, at_ms)
    sounder.step(stall_ms * 1_000)
    sounder.run(10_000)
    lengths = [end - start for start, end in sounder.pulses()]
    assert min(lengths) >= PULSE_MS["high"][0] and sorted(lengths)[-2] <= PULSE_MS["high"][1]
    assert max(lengths) <= 90 + stall_ms + TICK_MS


# ---- silence, new causes, acknowledgement


def test_silence_lasts_two_minutes_and_no_longer() -> None:
    sounder = sounding(ABOVE, 1_000)
    assert sounder.alarm.silence()
    at_us = sounder.now_us
    assert sounder.level == 0
    sounder.run(SILENCE_MS + 10_000, cause=ABOVE)
    again_us = next(t for t, level in sounder.edges if level and t > at_us)
    assert SILENCE_MS - TICK_MS <= (again_us - at_us) / 1_000 <= SILENCE_MS + TICK_MS
    rest = [(t / 1_000, level) for t, level in sounder.edges if t >= again_us]
    assert not violations(pulses_of(rest, sounder.now_us / 1_000), "high", TICK_MS, whole=False)


def test_asking_again_does_not_prolong_a_silence() -> None:
    sounder = sounding(ABOVE, 1_000)
    assert sounder.alarm.silence()
    sounder.run(60_000)
    assert not sounder.alarm.silence()
    sounder.run(SILENCE_MS - 60_000 + TICK_MS)
    assert sounder.level == 1


def test_there_is_no_silence_where_nothing_sounds() -> None:
    sounder = Sounder()
    assert not sounder.alarm.silence()
    sounder.begin(ABOVE)
    assert sounder.level == 1


@pytest.mark.parametrize(
    "new", [ABOVE | 1, STALE, FOLLOW, STOP], ids=["other sensor", "less urgent", "as urgent", "stop"]
)
def test_a_new_cause_ends_a_silence_at_once(new: int) -> None:
    sounder = sounding(ABOVE, 1_000)
    sounder.alarm.silence()
    sounder.run(5_000, cause=ABOVE)
    assert sounder.level == 0, "the same cause is none that is new"
    sounder.step(1_000, new)
    assert sounder.level == 1 and sounder.edges[-1][0] == sounder.now_us
    since_ms = sounder.now_us / 1_000
    sounder.run(20_000)
    after = [pulse for pulse in sounder.pulses() if pulse[0] >= since_ms]
    assert not violations(after, "high", TICK_MS, whole=False), "the more urgent one sounds"


def test_a_cause_that_comes_back_does_not_end_a_silence() -> None:
    sounder = sounding(ABOVE, 1_000)
    sounder.step(1_000, STALE)
    sounder.alarm.silence()
    before = len(sounder.edges)
    for _ in range(50):
        sounder.run(20, cause=STALE)
        sounder.run(20, cause=ABOVE)
        sounder.run(20)
    assert len(sounder.edges) == before


def test_a_more_urgent_cause_takes_over_and_stays() -> None:
    sounder = sounding(STALE, 8_000)
    assert not violations(sounder.pulses(), "medium", TICK_MS, whole=False)
    at_ms = sounder.now_us / 1_000
    sounder.step(1_000, ABOVE)
    assert sounder.level == 1
    sounder.run(20_000, cause=STALE)
    after = [pulse for pulse in sounder.pulses() if pulse[0] > at_ms]
    assert not violations(after, "high", TICK_MS, whole=False)
    assert beat_ms(after) < 200, "the patient's"


def test_a_cause_as_urgent_changes_nothing() -> None:
    one, other = sounding(FOLLOW, 20_000), sounding(FOLLOW, 5_000)
    other.run(15_000, cause=ABOVE)
    assert one.edges == other.edges, "the first of equals sounds"


def test_it_sounds_until_it_is_acknowledged() -> None:
    sounder = sounding(STALE, 600_000)
    last_ms = sounder.pulses()[-1][1]
    assert sounder.now_us / 1_000 - last_ms < BETWEEN_BURSTS_MS["medium"][1]
    sounder.alarm.end()
    edges = len(sounder.edges)
    assert sounder.level == 0
    sounder.run(60_000, cause=ABOVE)
    assert len(sounder.edges) == edges, "a check that fails is no trip before the monitor says so"
    sounder.begin(STALE)
    assert sounder.level == 1, "what was acknowledged is new again"


def test_more_causes_than_can_be_remembered_still_sound() -> None:
    sounder = sounding(ABOVE, 1_000)
    for channel in range(40):
        sounder.step(1_000, ABOVE | channel)
    sounder.alarm.silence()
    sounder.step(1_000, ABOVE | 39)
    assert sounder.level == 1, "one that is not remembered counts as new"


# ---- what hides behind the first cause


def test_every_check_that_fails_is_found() -> None:
    """Against the kernel: the first of them is its cause, and all of them are what its token lacks."""
    stored = every_check()
    limits = array("i", stored[: 4 * (int.from_bytes(stored[4 * K.H_WORDS : 4 * K.H_WORDS + 4], "little") + 1)])
    channels, step = limits[K.H_CHANNELS], limits[K.H_TOKEN_STEP]
    rows = [limits[K.H_ROWS + K.ROW_WORDS * channel :] for channel in range(channels)]
    state = array("i", [0] * (K.S_CHANNELS + K.CHANNEL_WORDS * channels))
    tick = kernel_twin().tick
    seen: set[int] = set()
    for frame in stream(channels, 3_000):
        cause = tick(limits, state, array("i", frame))
        found = [what for at in range(16 * channels) if (what := failing(limits, state, at))]
        lacks = sum(rows[what & 0xFF][K.R_TOKEN] * (what >> 8) for what in found)
        for channel, row in enumerate(rows):
            if row[K.R_CHECKS] >> K.RANGE & 1 and not state[K.S_CHANNELS + K.CHANNEL_WORDS * channel + K.C_VALID]:
                lacks += row[K.R_TOKEN] * K.RANGE
        whole = (K.DEADLINE, K.LIMITS, K.ENERGY, K.DURATION, K.RECEIPT)
        missing = {
            (lacks + step * sum(some)) % WRAPS_US
            for count in range(len(whole) + 1)
            for some in itertools.combinations(whole, count)
        }
        assert (state[K.S_RAN] - state[K.S_TOKEN]) % WRAPS_US in missing
        if cause and cause & 0xFF != MONITOR:
            assert cause == min(found, key=lambda what: (what & 0xFF, what >> 8))
        elif not cause:
            assert not found
        seen |= {what >> 8 for what in found}
    assert seen == set(range(K.RANGE, K.FOLLOW + 1))


# ---- any order of all of it

CAUSES = st.sampled_from([0, 0, ABOVE, ABOVE | 1, STALE, FOLLOW, DOSE, STOP])
STEPS = st.tuples(st.just("step"), st.integers(1, 400), st.integers(1, 400), CAUSES)  # how many, ms each
ACTS = st.one_of(
    STEPS, STEPS, st.tuples(st.just("begin"), CAUSES), st.tuples(st.just("silence")), st.tuples(st.just("end"))
)


@given(st.lists(ACTS, max_size=25), st.integers(0, WRAPS_US - 1))
def test_in_any_order_it_sounds_where_it_must_and_only_there(acts: list[tuple[Any, ...]], starts_us: int) -> None:
    sounder = Sounder(starts_us)
    causes: set[int] = set()  # of the alarm that stands
    silent_since_ms: float | None = None
    heard_ms = 0.0  # when it last sounded, was silenced, or there was nothing to sound

    def came(cause: int) -> None:
        nonlocal silent_since_ms
        if cause and cause not in causes:
            causes.add(cause)
            if silent_since_ms is not None:
                assert sounder.level == 1, "a new cause does not end the silence"
            silent_since_ms = None

    for act in acts:
        if act[0] == "begin" and act[1]:
            first = not causes
            sounder.begin(act[1])
            came(act[1])
            assert not first or sounder.level == 1
        elif act[0] == "silence":
            can = bool(causes) and silent_since_ms is None
            assert sounder.alarm.silence() == can
            silent_since_ms = sounder.now_us / 1_000 if can else silent_since_ms
        elif act[0] == "end":
            sounder.alarm.end()
            causes.clear()
            silent_since_ms = None
        for _ in range(act[1] if act[0] == "step" else 0):
            sounder.step(act[2] * 1_000, act[3])
            now_ms = sounder.now_us / 1_000
            if causes:
                came(act[3])
            if silent_since_ms is not None and sounder.level:
                assert now_ms - silent_since_ms >= SILENCE_MS - 1, "a silence ended by itself too early"
                silent_since_ms = None
            if silent_since_ms is not None:
                assert now_ms - silent_since_ms < SILENCE_MS, "silent for too long"
            if sounder.level or silent_since_ms is not None or not causes:
                heard_ms = now_ms
            worst = min(causes, key=lambda cause: -{"medium": 1, "high": 2}[PRIORITY[cause >> 8]], default=0)
            if worst:
                assert now_ms - heard_ms <= BETWEEN_BURSTS_MS[PRIORITY[worst >> 8]][1], "it does not sound"
            assert causes or sounder.level == 0
    levels = [level for _, level in sounder.edges]
    assert levels == [(number + 1) % 2 for number in range(len(levels))]
    times = [t_us for t_us, _ in sounder.edges]
    assert all(one <= then for one, then in itertools.pairwise(times))
