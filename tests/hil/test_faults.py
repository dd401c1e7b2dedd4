"""The register of faults: complete, checked, and every fault does something."""

import hashlib
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from sonofuse.limits.units import UnitError
from sonofuse_hil import faults
from sonofuse_hil.faults.register import ON
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from sonofuse_hil.run import Run
from tests.quick import quick_limits

HAZARDS = {f"H{n}" for n in range(1, 11)} | {"sensor", "hardware", "memory", "link", "operator"}


SLOW = {"sensor_stuck": 8.0}  # s; what takes longer to be seen: 5 s of the same count


def record(limits: Path, name: str | None, end_s: float = 4.0) -> tuple[Run, str]:
    """1 s of RF and what comes after it, with a fault after 0.3 s or without one; the stimulus itself is left out. And
    a digest of all that the device took from the line and said on it, its converters' counts among it."""
    with Rig(limits, (Sonication(61.5, 1.0),)) as rig:
        said, bench = hashlib.sha256(), rig.bench
        to_send, received = bench.to_send, bench.received

        def taken(most: int) -> bytes:
            data = to_send(most)
            said.update(data)
            return data

        def heard(t_us: int, data: bytes) -> None:
            said.update(data)
            received(t_us, data)

        bench.to_send, bench.received = taken, heard  # type: ignore[method-assign]
        if name is not None:
            fault = faults.get(name)
            rig.after_rf(300_000, "", "", lambda: fault.apply(rig, **fault.values()))
        while rig.now_us < end_s * 1e6:
            rig.run_for(20_000)
        rig.stimuli.clear()
        return rig.result(), said.hexdigest()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    limits = quick_limits(tmp_path_factory.mktemp("limits"))
    run, said = record(limits, None)
    return limits, run.digest(), said


@pytest.mark.parametrize("name", [name for name in faults.fault_names() if faults.get(name).phase == ON])
def test_every_fault_changes_something(name: str, calm: tuple[Path, str, str]) -> None:
    """Of those for other times the cases of the catalogue show what they do (test_faults_cases.py)."""
    limits, _, undisturbed = calm
    if name in SLOW:
        assert record(limits, name, SLOW[name])[0].seen != record(limits, None, SLOW[name])[0].seen
    else:
        assert record(limits, name)[1] != undisturbed


def test_without_a_fault_nothing_changes(calm: tuple[Path, str, str]) -> None:
    limits, undisturbed, said = calm
    run, said_again = record(limits, None)
    assert (run.digest(), said_again) == (undisturbed, said)


@pytest.mark.parametrize("name", faults.fault_names())
def test_every_fault_is_described(name: str) -> None:
    fault = faults.get(name)
    assert fault.name == name
    assert len(fault.text) > 20
    assert set(fault.hazards) <= HAZARDS
    assert fault.hazards
    assert fault.guarantee in {f"G{n}" for n in range(1, 13)}
    for parameter in fault.parameters.values():
        assert parameter.accepted
    assert all(isinstance(value, str) or math.isfinite(value) for value in fault.values().values())


def test_values_are_in_base_units() -> None:
    assert faults.get("power_loss").values({"off": "20 ms"}) == {"off": 0.02}
    assert faults.get("lost_coupling").values({}) == {"coupling": 0.2}
    assert faults.get("sensor_offset").values({"offset": "-500 mK"}) == {"channel": "skin_a", "offset": -0.5}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("lost_coupling", {"couplin": "1 %"}, 'did you mean "coupling"'),
        ("lost_coupling", {"coupling": "120 %"}, 'out of bounds; "0 %" to "100 %"'),
        ("lost_coupling", {"coupling": "0.2"}, "has no unit"),
        ("lost_coupling", {"coupling": 0.2}, "text with a unit"),
        ("lost_coupling", {"coupling": "2 W"}, "does not fit"),
        ("sensor_open", {"channel": "skin_c"}, 'did you mean "skin_'),
        ("patient_stop", {"power": "1 W"}, "no parameter 'power'"),
    ],
)
def test_wrong_values_are_refused(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UnitError, match=message):
        faults.get(name).values(given)


def test_unknown_fault() -> None:
    with pytest.raises(KeyError, match="did you mean"):
        faults.get("lost_couplin")


def test_a_console_stops_a_device_whose_clock_is_wrong(calm: tuple[Path, str, str]) -> None:
    limits, _, _ = calm
    for by, stopped in ((0.0, False), (0.05, True), (0.3, True)):
        with Rig(limits, (Sonication(40.0, 4.0),)) as rig:
            rig.after_rf(100_000, "slow", "", lambda rig=rig, by=by: faults.get("slow_clock").apply(rig, by=by))
            run = rig.run_plan(9_000_000)
            assert (rig.operator.clock_alarm_us is not None) == stopped
            assert (run.cause >> 8 == 36) == stopped, "STOP was commanded"
            if stopped:
                assert rig.operator.clock_alarm_us - run.stimuli[0].t_us < 2_200_000


@pytest.mark.parametrize("name", faults.fault_names())
def test_a_fault_goes_to_another_process_by_its_name(name: str) -> None:
    assert pickle.loads(pickle.dumps(faults.get(name))) is faults.get(name)  # noqa: S301 - our own
