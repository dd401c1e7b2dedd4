"""A board that feels whether its skin probes lie on the skin: what Rev A does not see trips there."""

import pytest

from sonofuse.causes import cause_words
from sonofuse.limits import SHIPPED, LimitsFile, load
from sonofuse_hil.faults import get
from sonofuse_hil.guarantees import variant
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from tests import contact_board

ONSET_US = 300_000
SONICATION = Sonication(61.5, 1.5)


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> LimitsFile:
    folder = tmp_path_factory.mktemp("contact")
    return load(variant.write(folder / "quick.toml", variant.QUICK, contact_board.written(folder)))


@pytest.mark.parametrize("channel", ["skin_a", "skin_b"])
def test_a_probe_that_comes_off_trips_within_its_bound(limits: LimitsFile, channel: str) -> None:
    fault = get("detached_sensor")
    values = fault.values({"channel": channel})
    bound_us = fault.bound_us(limits, values)
    assert bound_us is not None
    with Rig(limits, (SONICATION,)) as rig:
        rig.after_rf(ONSET_US, fault.name, fault.text, lambda: fault.apply(rig, **values))
        rig.run_plan(8_000_000)
        run = rig.result()
    assert cause_words(run.cause, limits.board)[:2] == ("skin_contact", "below")
    onset_us = run.stimuli[0].t_us
    assert onset_us < run.low_since(onset_us) <= onset_us + bound_us


def test_a_probe_that_is_put_back_closes_the_contact(limits: LimitsFile) -> None:
    fault = get("detached_sensor")
    with Rig(limits, (SONICATION,)) as rig:
        end = fault.apply(rig, **fault.values())
        assert rig.bench.contacts["skin_contact"].level(rig.now_us) == 0 and rig.bench.thermometers.elsewhere
        end()
        assert rig.bench.contacts["skin_contact"].level(rig.now_us) == 1 and not rig.bench.thermometers.elsewhere


def test_no_time_is_promised_without_that_contact() -> None:
    fault = get("detached_sensor")
    assert fault.bound_us(load(SHIPPED), fault.values()) is None
