"""What can be broken in a live rig, and mended again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse_firmware.states import TRIPPED
from sonofuse_hil import faults
from sonofuse_hil.live.broken import listed, refused
from sonofuse_hil.live.control import COMMANDS
from sonofuse_hil.live.control import __doc__ as protocol
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.stand import Stand
from tests.hil.live_console import Live

SHOWN = [name for name in faults.fault_names() if not refused(faults.get(name))]
LASTING = [name for name in SHOWN if faults.get(name).lasts]
UNREADABLE = ("focus_on_skin", "focus_moved", "interface_heating", "flood")  # which change nothing that can be read
UNTIL_A_RESET = ("sensor_open", "sensor_short", "memory_bit")  # a converter keeps its fault bit, memory what is wrong


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path)
    with made.rig:
        yield made


def test_which_faults_last() -> None:
    assert set(SHOWN) - set(LASTING) == {
        *("hung_firmware", "firmware_raises", "reset_pin", "power_loss"),
        *("late_tick", "memory_bit", "runaway", "stack_overflow"),
    }


def test_what_a_live_rig_cannot_show_is_refused(live: Live) -> None:
    for name, why in (("damaged_limits", "not booted yet"), ("console_restarts", "the program at the link")):
        with pytest.raises(ValueError, match=why):
            live.rig.broken.begin(name)


def parts(stand: Stand) -> dict[str, object]:
    """Everything that a fault can have changed."""
    bench = stand.bench
    return {
        "generator": (bench.generator.fault, bench.generator.error),
        "relays": [relay.fault for relay in bench.relays],
        "reference": bench.vref.error,
        "forced": dict(bench.forced),
        "converters": {name: part.fault for name, part in bench.converters.values()},
        "detectors": {name: (part.fault, part.error_db) for name, part in bench.detectors.items()},
        "inputs": {name: part.fault for name, part in bench.adcs.items()},
        "contacts": {name: (part.fault, part.level(bench.now_us)) for name, part in bench.contacts.items()},
        "sensors": {
            name: (part.offset_c, part.drift_c_per_s, part.noise_c, part.tau_s) for name, part in bench.sensors.items()
        },
        "places": dict(bench.thermometers.elsewhere),
        "line": (len(bench.to_board), len(bench.from_board), len(bench.on_power)),
        "rf": (bench.rf.mismatch, bench.rf.stray_w),
        "flow": bench.flow.next_event_us() - bench.now_us < 1_000_000 if bench.flow else None,
        "plant": (bench.plant.transducer.water_c, bench.plant.transducer.flow_l_min, bench.plant.reflection()),
        "console": (stand.console.hung, stand.console.absent, stand.console.clock_rate),
        "platform": [getattr(stand.platform, name, None) for name in ("blocked", "_storm", "_drop")],
    }


def test_every_fault_that_lasts_is_ended_without_a_trace(live: Live) -> None:
    live.run(2.0)
    whole = parts(live.rig)
    for name in LASTING:
        assert live.rig.broken.begin(name)
        live.run(0.05)
        if name not in UNREADABLE:
            assert parts(live.rig) != whole, name
        assert [entry["name"] for entry in live.rig.broken.now()] == [name]
        assert live.rig.broken.end(name) == 1
        assert parts(live.rig) == whole, name
        assert live.rig.broken.now() == []


@pytest.mark.parametrize("part", range(3))
def test_after_all_of_them_the_device_treats_as_before(live: Live, part: int) -> None:
    """One device lives through a third of the faults with RF on, the lasting ones ended, and each time treats again."""
    with live.console() as console:
        for name in SHOWN[part::3]:
            live.treat(console)
            console.stay(0.2)
            before = live.rig.snapshot()
            assert before["forward_w"] == 40.0 and before["reflected_share"] == 0.01, f"before {name}"
            live.rig.broken.begin(name)
            console.stay(0.4)
            live.rig.broken.end()
            live.rig.set_generator(gate=False)
            console.stop()
            assert console.until(lambda: console.state == TRIPPED), name
            if name in UNTIL_A_RESET:
                live.rig.broken.begin("reset_pin")
            console.stay(0.8)  # a power loss of a second is over, and what was heated has cooled
        live.treat(console)
        console.stay(0.5)
        live.rig.set_generator(gate=False)
        console.finish()


def test_a_fault_trips_a_treatment(live: Live) -> None:
    with live.console() as console:
        live.treat(console)
        live.run(0.2)
        began_us = live.rig.now_us
        live.rig.broken.begin("overpower", {"power": "150 W"})
        assert console.until(lambda: console.state == TRIPPED, 50)
    ends = [edge for edge in live.rig.recent.edges(began_us) if not edge.edges]
    assert {edge.switch for edge in ends} == {0, 1}
    assert all(0 < edge.t_us - began_us < 10_000 for edge in ends), "G1: a few ticks"
    assert all(edge.wall_ns >= edge.t_us * 1000 for edge in ends)
    assert live.rig.snapshot()["buzzer"]


# ---- several at once


def test_the_same_place_is_broken_anew(live: Live) -> None:
    sensors = live.rig.bench.sensors
    live.rig.broken.begin("sensor_offset", {"channel": "skin_a", "offset": "5 K"})
    live.rig.broken.begin("sensor_offset", {"channel": "skin_b", "offset": "3 K"})
    live.rig.broken.begin("sensor_offset", {"channel": "skin_a", "offset": "2 K"})
    assert [sensors[name].offset_c for name in ("skin_a", "skin_b")] == [2.0, 3.0]
    assert len(live.rig.broken.now()) == 2
    assert live.rig.broken.end("sensor_offset") == 2
    assert [sensors[name].offset_c for name in ("skin_a", "skin_b")] == [0.0, 0.0]


def test_an_older_fault_of_a_part_does_not_mend_a_newer_one(live: Live) -> None:
    begin, end = live.rig.broken.begin, live.rig.broken.end
    begin("overpower")
    begin("stuck_gate")
    begin("sensor_open", {"channel": "skin_b"})
    begin("sensor_short", {"channel": "skin_b"})
    end("overpower")
    end("sensor_open")
    assert live.rig.bench.generator.fault == "stuck_on"
    assert live.rig.bench.converter("skin_b").fault == "short"
    end()
    assert live.rig.bench.generator.fault == ""
    assert live.rig.bench.converter("skin_b").fault == ""


def test_power_comes_back_once(live: Live) -> None:
    """A supply that is switched on by hand before the fault would do it: no other boot waits for its moment."""
    live.run(1.0)
    live.rig.broken.begin("power_loss", {"off": "2 s"})
    live.run(0.5)
    live.rig.set_supply(on=True)
    live.run(3.0)
    platform = live.rig.platform
    assert isinstance(platform, UnixPlatform) and platform.running
    resets = len(platform.resets)
    live.rig.broken.begin("hung_firmware")
    live.run(0.02)
    assert not platform.running and len(platform.resets) == resets, "nothing but its watchdog starts it again"
    live.run(2.0)
    assert platform.running and len(platform.resets) == resets + 1


# ---- a page of buttons


def test_buttons_are_sorted_by_hazard_and_say_all_that_a_page_needs() -> None:
    buttons = listed(load_board("rev_a"))
    assert sorted(button["name"] for button in buttons) == faults.fault_names()
    first = [button["hazards"][0] for button in buttons]
    order = [*(f"H{number}" for number in range(1, 11)), "hardware", "link", "memory", "operator", "sensor"]
    assert first == sorted(first, key=order.index)
    for button in buttons:
        assert button["text"] and "\n" not in button["text"] and button["harm"] and button["guarantee"]
        fault = faults.get(button["name"])
        for name, parameter in button["parameters"].items():
            assert fault.values({name: parameter["default"]}) == fault.values()
            for value in parameter.get("words", [parameter.get("low"), parameter.get("high")]):
                fault.values({name: value})


def test_buttons_say_what_a_board_lacks() -> None:
    missing = {button["name"]: button["not_covered"] for button in listed(load_board("mini_ntc"))}
    assert missing["blocked_bus"] and not missing["overpower"]


def test_the_protocol_is_described() -> None:
    assert protocol is not None
    for word in COMMANDS:
        assert f'"do": "{word}"' in protocol, word
