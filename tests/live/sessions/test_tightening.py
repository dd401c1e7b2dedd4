"""Limits tightened for a patient: everything that is looser is refused by name, everything tighter is accepted."""

from dataclasses import fields, replace

import pytest

from sonofuse.console import CommandError
from sonofuse.limits import LimitsFile, Sensor, parse
from sonofuse.live.sessions.facts import Tightened
from sonofuse.live.sessions.tightening import allowed, looser
from tests.limits.edits import TEXT, drop_section, set_key

from .bench import limits

AT, WHO = "2031-02-03T04:05:06.789Z", "MK/ENG"

# (section, key, looser, tighter): worked out by hand, not taken from the comparison that is tested
GLOBAL = [
    ("limits", "tick", '"1.1 ms"', '"0.9 ms"', "tick_s"),
    ("limits", "settle", '"20 ms"', '"14 ms"', "settle_s"),
    ("limits", "duration", '"41 s"', '"30 s"', "max_on_s"),
    ("limits", "over_run", '"0.6 s"', '"0.2 s"', "over_run_s"),
    ("limits", "energy", '"3001 J"', '"2000 J"', "energy_j"),
    ("limits", "energy_ratio", "1.2", "1.09", "energy_ratio"),
    ("limits", "cooling_gap", '"59 s"', '"90 s"', "cooling_gap_s"),
    ("limits", "receipt", '"251 ms"', '"200 ms"', "receipt_s"),
    ("cutoff", "pump_hold", '"3.1 ms"', None, "pump_hold_s"),
    ("cutoff", "relay_release", '"8.1 ms"', None, "relay_release_s"),
]
CHECKS = [
    ("channel.skin_a.above", "trip", '"41.5 degC"', '"40.5 degC"', "skin_a.above.threshold"),
    ("channel.skin_a.above", "warn", '"39.5 degC"', '"38 degC"', "skin_a.above.warn"),
    ("channel.skin_b.above", "debounce", '"3 samples"', '"1 sample"', "skin_b.above.debounce"),
    ("channel.skin_a.stale", "trip", '"110 ms"', '"90 ms"', "skin_a.stale.threshold"),
    ("channel.skin_a.stuck", "trip", '"6 s"', '"4 s"', "skin_a.stuck.threshold"),
    ("channel.skin_a.rise", "trip", '"3.1 K/s"', '"2.9 K/s"', "skin_a.rise.threshold"),
    ("channel.skin_a.rise_off", "trip", '"3.1 K/s"', '"2.9 K/s"', "skin_a.rise_off.threshold"),
    ("channel.skin_a.pair", "trip", '"2.1 K"', '"1.9 K"', "skin_a.pair.threshold"),
    ("channel.skin_a.dose", "trip", '"2.1 CEM43 min"', '"1.5 CEM43 min"', "skin_a.dose.threshold"),
    ("channel.skin_a.above", "max_reaction", '"260 ms"', '"240 ms"', "skin_a.above.max_reaction"),
    ("channel.water.below", "trip", '"9 degC"', '"12 degC"', "water.below.threshold"),
    ("channel.flow.below", "trip", '"0.9 L/min"', '"1.1 L/min"', "flow.below.threshold"),
    ("channel.flow.below", "warn", '"1.4 L/min"', '"1.6 L/min"', "flow.below.warn"),
    ("channel.forward.above", "trip", '"121 W"', '"119 W"', "forward.above.threshold"),
    ("channel.forward.set", "trip", '"21 %"', '"19 %"', "forward.set.threshold"),
    ("channel.forward.idle", "trip", '"0.6 W"', '"0.4 W"', "forward.idle.threshold"),
    ("channel.reflected.ratio", "trip", "2.6", "2.4", "reflected.ratio.threshold"),
    ("channel.reflected.ratio", "floor", '"6 W"', '"4 W"', "reflected.ratio.floor"),
]
EDITS = GLOBAL + CHECKS
SENSOR = [
    ("uncertainty", '"0.4 K"'),
    ("lag", '"600 ms"'),
    ("conversion", '["19 ms", "40 ms"]'),
    ("noise", '"3 counts"'),
    ("range", '["-20 degC", "120 degC"]'),
    ("range", '["-10 degC", "110 degC"]'),
]


def edited(section: str, key: str, value: str) -> bytes:
    return set_key(section, key, value)[0].encode()


def refusal(text: bytes) -> list[str]:
    with pytest.raises(CommandError) as error:
        allowed(limits(), [Tightened(AT, WHO, limits=text)])
    return str(error.value).splitlines()


def test_the_same_limits_are_not_looser() -> None:
    assert looser(limits(), limits()) == []
    assert allowed(limits(), [Tightened(AT, WHO, limits=TEXT.encode())]) == replace(
        allowed(limits(), []), limits=parse(TEXT.encode(), "limits of the patient")
    )


@pytest.mark.parametrize(("section", "key", "worse", "better", "named"), EDITS, ids=lambda value: str(value))
def test_whatever_is_looser_is_refused_by_name(
    section: str, key: str, worse: str, better: str | None, named: str
) -> None:
    lines = refusal(edited(section, key, worse))
    assert [line for line in lines if f" {named} is looser: " in line], lines
    assert all(line.startswith("for a patient limits can only be tightened: ") for line in lines)
    if better is not None:
        most = allowed(limits(), [Tightened(AT, WHO, limits=edited(section, key, better))])
        assert most.limits != limits()
        assert refusal_after(edited(section, key, better))  # and then what held before is looser


def test_a_longer_deadline_is_refused() -> None:
    """The shipped one is the longest that a limits file may have."""
    assert refusal_after(edited("limits", "deadline", '"1.8 ms"'))


def refusal_after(better: bytes) -> bool:
    with pytest.raises(CommandError, match="is looser"):
        allowed(limits(), [Tightened(AT, WHO, limits=better), Tightened(AT, WHO, limits=TEXT.encode())])
    return True


def test_every_figure_of_a_limits_file_was_tried() -> None:
    """A limit that is added to the model has to be added above, too."""
    tried = {named for *_, named in GLOBAL} | {"deadline_s"}  # below, in a test of its own
    others = {"file", "name", "version", "board", "host_required", "channels"}
    assert {field.name for field in fields(LimitsFile)} == tried | others
    checks = {check.name for channel in limits().channels for check in channel.checks}
    assert checks - {named.split(".")[1] for *_, named in CHECKS} == {"range", "follow"}  # these have no limit
    assert {field.name for field in fields(Sensor)} == {
        "kind", "uncertainty", "lag_s", "shortest_s", "longest_s", "noise_counts", "low", "high", "source",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "value"), SENSOR)
def test_another_sensor_is_refused(key: str, value: str) -> None:
    lines = refusal(edited("channel.skin_a.sensor", key, value))
    assert any("skin_a.sensor is declared differently; copy it from the device's limits" in line for line in lines)


def test_what_cannot_be_compared_is_refused() -> None:
    assert any(
        "directivity is declared differently" in line
        for line in refusal(edited("channel.reflected.ratio", "directivity", '"25 dB"'))
    )
    assert any(
        "skin_a.pair.partner is another one" in line
        for line in refusal(edited("channel.skin_a.pair", "with", '"water"'))
    )


@pytest.mark.parametrize("section", ["channel.skin_a.dose", "channel.skin_b.above", "channel.water.below"])
def test_a_check_that_is_gone_is_refused(section: str) -> None:
    assert any(
        f"{section.removeprefix('channel.')}.threshold is looser" in line
        for line in refusal(drop_section(section).encode())
    )


def test_a_source_or_a_name_decides_about_nothing() -> None:
    text = TEXT.replace('name = "bone_metastasis"', 'name = "of a patient"').replace(
        "domain sheet E, skin", "a clinician"
    )
    assert text != TEXT
    assert allowed(limits(), [Tightened(AT, WHO, limits=text.encode())]).limits.name == "of a patient"


def test_a_file_that_is_none() -> None:
    for text in (b"", b"\xff", b"[limits]\nname = 3\n", TEXT.replace("[channel.skin_a]", "[channel.skin_c]").encode()):
        assert all(line.startswith("limits of the patient:") for line in refusal(text))


def test_for_other_limits_the_patients_may_be_looser() -> None:
    own = edited("channel.skin_a.above", "trip", '"40.5 degC"')
    stricter = parse(edited("channel.skin_a.above", "trip", '"40 degC"'), "device")
    with pytest.raises(CommandError, match=r"skin_a\.above\.threshold is looser"):
        allowed(stricter, [Tightened(AT, WHO, limits=own)])


def test_caps() -> None:
    base = allowed(limits(), [])
    assert base.set_w == pytest.approx(120 / 10**0.04, rel=0.01)  # below 120 W by the detector's 0.2 dB, twice
    assert (base.set_s, base.energy_j, base.region_energy_j) == (40, 3000, None)
    assert base.dose_min == {"skin_a": 2, "skin_b": 2}
    some = [Tightened(AT, WHO, set_w=60.0, region_energy_j=9000.0), Tightened(AT, WHO, set_w=50.0, set_s=20.0)]
    most = allowed(limits(), some)
    assert (most.set_w, most.set_s, most.energy_j, most.region_energy_j) == (50, 20, 3000, 9000)
    again = allowed(limits(), [*some, Tightened(AT, WHO, set_w=50.0, energy_j=800.0, region_energy_j=9000.0)])
    assert (again.set_w, again.energy_j) == (50, 800)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Tightened(AT, WHO, set_w=110.0), "power 110 W is looser than the 109."),
        (Tightened(AT, WHO, set_s=40.5), "duration 40.5 s is looser than the 40 s"),
        (Tightened(AT, WHO, energy_j=3001.0), "energy 3001 J is looser than the 3000 J"),
        (Tightened(AT, WHO, region_energy_j=6001.0), "region_energy 6001 J is looser than the 6000 J"),
        (Tightened(AT, WHO, set_w=61.0), "power 61 W is looser than the 60 W"),
    ],
)
def test_a_cap_that_is_looser(one: Tightened, said: str) -> None:
    before = [Tightened(AT, WHO, set_w=60.0, region_energy_j=6000.0)] if said.split()[1] in ("6001", "61") else []
    with pytest.raises(CommandError) as error:
        allowed(limits(), [*before, one])
    assert str(error.value).startswith(f"for a patient limits can only be tightened: {said}")


def test_a_limits_file_lowers_the_caps_too() -> None:
    text = set_key("limits", "duration", '"30 s"', set_key("channel.skin_a.dose", "trip", '"1.5 CEM43 min"')[0])[0]
    most = allowed(limits(), [Tightened(AT, WHO, set_s=25.0), Tightened(AT, WHO, limits=text.encode())])
    assert (most.set_s, most.dose_min) == (25, {"skin_a": 1.5, "skin_b": 2})
    assert allowed(limits(), [Tightened(AT, WHO, limits=text.encode())]).set_s == 30
