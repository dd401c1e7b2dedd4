"""OpenLIFU: the real SDK against a device in its own packets, and the SDK's simulation."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from sonofuse.live.generators import lifu_file
from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.instrument import InstrumentError
from sonofuse.live.generators.lifu_file import LifuFile
from sonofuse.live.generators.second_switch import SecondSwitch
from tests.live.generators.test_second_switch import until

if find_spec("openlifu_sdk") is None:
    pytest.skip("not run: openlifu-sdk is not installed (extra [openlifu])", allow_module_level=True)

from openlifu_sdk.io import LIFUConfig as C

from sonofuse.live.generators import openlifu
from tests.live.generators.lifu_device import LifuDevice, plugged_in

FILE = lifu_file.load(lifu_file.DEMO)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SDK notes in the home folder which process has the device."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".openlifu" / "hw_interface_pid"


@pytest.fixture
def device() -> Iterator[LifuDevice]:
    with plugged_in() as plugged:
        yield plugged


@pytest.fixture
def generator(device: LifuDevice) -> Iterator[openlifu.OpenLifuGenerator]:
    made = openlifu.connect(FILE)
    yield made
    made.close()


def test_connecting_puts_off_what_was_on_and_loads_the_solution(
    device: LifuDevice, generator: openlifu.OpenLifuGenerator
) -> None:
    assert not device.running and not device.high_voltage
    assert device.heard.index(C.OW_CTRL_STOP_SWTRIG) < device.heard.index(C.OW_TX7332_ENUM)
    assert device.registers > 0 and device.volts == 5.0
    assert generator.identity == "OpenLIFU 0001-0203-0405-0607-0809-0A0B"
    assert generator.read_output() is False


def test_set_point_output_and_off(device: LifuDevice, generator: openlifu.OpenLifuGenerator) -> None:
    generator.set_point(64.0)
    assert device.volts == pytest.approx(40.0) and device.high_voltage and not device.running
    assert generator.read_set_point() == pytest.approx(64.0)
    generator.on()
    assert device.running and generator.read_output() is True
    generator.off()
    assert not device.running and not device.high_voltage
    assert generator.read_output() is False and generator.read_set_point() < 0.01


def test_the_set_point_is_what_the_rail_has(device: LifuDevice, generator: openlifu.OpenLifuGenerator) -> None:
    generator.set_point(64.0)
    device.lag = -4.0
    assert generator.read_set_point() == pytest.approx(0.04 * 36.0**2)


@pytest.mark.parametrize(
    ("watts", "says"),
    [
        (0.5, "OpenLIFU: 0.5 W needs 3.536 V, which is not from 5 to 60"),
        (150.0, "OpenLIFU: 150 W needs 61.24 V, which is not from 5 to 60"),
        (130.0, "OpenLIFU: check the solution: [LIFU-4003] Voltage (57.0V) exceeds maximum allowed voltage (45.0V)"),
    ],
)
def test_a_set_point_beyond_what_the_file_or_the_sdk_allows(
    watts: float, says: str, device: LifuDevice, generator: openlifu.OpenLifuGenerator
) -> None:
    with pytest.raises(GeneratorError) as caught:
        generator.set_point(watts)
    assert str(caught.value).startswith(says)
    assert device.volts == 5.0 and not device.high_voltage


def test_the_trigger_is_stopped_before_the_high_voltage(
    device: LifuDevice, generator: openlifu.OpenLifuGenerator
) -> None:
    device.heard.clear()
    generator.off()
    assert device.heard == [C.OW_CTRL_STOP_SWTRIG, C.OW_POWER_HV_OFF]


def test_a_trigger_that_cannot_be_stopped_loses_its_high_voltage(
    device: LifuDevice, generator: openlifu.OpenLifuGenerator
) -> None:
    generator.set_point(64.0)
    generator.on()
    device.refused.add(C.OW_CTRL_STOP_SWTRIG)
    with pytest.raises(GeneratorError, match=r"stop the trigger: .* returned device error"):
        generator.off()
    assert device.running and not device.high_voltage
    device.high_voltage = True
    with pytest.raises(GeneratorError, match="its high voltage was taken away"):
        generator.abort()
    assert not device.high_voltage
    device.refused.clear()
    generator.abort()
    assert not device.running


def test_a_trigger_that_runs_on(device: LifuDevice, generator: openlifu.OpenLifuGenerator) -> None:
    device.high_voltage, device.status = True, "RUNNING"
    with pytest.raises(GeneratorError, match="the trigger does not stop; its high voltage was taken away"):
        generator.abort()
    assert not device.high_voltage


def test_the_second_way_while_a_call_waits(
    device: LifuDevice, generator: openlifu.OpenLifuGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openlifu, "ANSWER_S", 0.01)
    generator.set_point(64.0)
    generator.on()
    with (
        generator._transmitter_turn,
        pytest.raises(GeneratorError, match="another call waits for the transmitter; its"),
    ):
        generator.abort()
    assert device.running and not device.high_voltage
    device.high_voltage = True
    with (
        generator._transmitter_turn,
        generator._console_turn,
        pytest.raises(GeneratorError, match="waits for the transmitter, and another call waits for the console"),
    ):
        generator.abort()
    generator.abort()
    assert not device.running


def test_a_trigger_in_neither_state(device: LifuDevice, generator: openlifu.OpenLifuGenerator) -> None:
    device.status = "ERROR"
    with pytest.raises(GeneratorError, match='its trigger is "ERROR", neither running nor stopped'):
        generator.read_output()


def test_no_answer(device: LifuDevice, generator: openlifu.OpenLifuGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    device.silent.add(C.OW_CTRL_START_SWTRIG)
    with pytest.raises(GeneratorError, match=r"OpenLIFU: start the trigger: \[LIFU-1003\] TX: start_trigger timed out"):
        generator.on()
    assert device.heard.count(C.OW_CTRL_START_SWTRIG) == openlifu.TRIES


@pytest.mark.parametrize(
    ("transmitter", "console", "says"),
    [
        (False, False, "no transmitter and no console"),
        (True, False, "no console"),
        (False, True, "no transmitter"),
    ],
)
def test_not_plugged_in(transmitter: bool, console: bool, says: str, home: Path) -> None:
    with plugged_in(transmitter=transmitter, console=console), pytest.raises(GeneratorError) as caught:
        openlifu.connect(FILE)
    assert str(caught.value) == f"OpenLIFU: {says} on any USB port; plug in, power on"
    assert not home.exists(), "the device is given back"


def test_another_transmitter(device: LifuDevice) -> None:
    other = replace(FILE, transmitter="FFFF")
    with pytest.raises(GeneratorError, match=r"the transmitter is 0001-.*, not FFFF"):
        openlifu.connect(other)


def test_another_program_has_it(device: LifuDevice, home: Path) -> None:
    home.parent.mkdir()
    home.write_text(str(os.getppid()), encoding="utf-8")
    with pytest.raises(GeneratorError, match=rf"already in use by another process \(PID {os.getppid()}\)"):
        openlifu.connect(FILE)


def test_a_sonication_that_trips(device: LifuDevice) -> None:
    switch = SecondSwitch(lambda: openlifu.connect(FILE))
    switch.start()
    until(lambda: switch.state().output is False)
    assert switch.set_point(40.0) == "" and switch.on() == ""
    until(lambda: switch.state().output is True)
    assert device.running and device.high_voltage and switch.state().trouble == ""
    switch.trip()
    until(lambda: switch.state().output is False)
    assert not device.running and not device.high_voltage
    assert switch.close() == ""


def test_the_simulation_of_the_sdk() -> None:
    if find_spec("PyQt6") is None:
        pytest.skip("not run: PyQt6 is not installed (extra [openlifu-demo])")
    switch = SecondSwitch(lambda: openlifu.connect_demo(FILE))
    switch.start()
    until(lambda: switch.state().output is False)
    assert switch.state().identity.startswith("OpenLIFU A0A1A2")
    assert switch.set_point(64.0) == "" and switch.on() == ""
    until(lambda: switch.state().output is True)
    assert switch.state().set_w == pytest.approx(64.0) and switch.state().trouble == ""
    switch.trip()
    until(lambda: switch.state().output is False)
    until(lambda: switch.state().set_w == 0.0)
    assert switch.acknowledge() == "" and switch.close() == ""


OWN = """
[openlifu]
name = "bench"
solution = "solution.json"
watts_per_volt2 = 0.02
range = ["5 V", "40 V"]
tolerance = "10 %"
source = "power meter"
"""


def read(tmp_path: Path, text: str, solution: str | None = None) -> LifuFile:
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    if solution is None:
        solution = json.dumps(FILE.solution)
    (tmp_path / "solution.json").write_text(solution, encoding="utf-8")
    return lifu_file.load(tmp_path / "own.toml")


def test_ones_own_file(tmp_path: Path) -> None:
    own = read(tmp_path, OWN)
    assert (own.watts_per_volt2, own.lowest_v, own.highest_v, own.tolerance) == (0.02, 5.0, 40.0, 0.1)
    assert own.with_voltage(7.0)["voltage"] == 7.0 and own.solution["voltage"] == 5.0


@pytest.mark.parametrize(
    ("old", "new", "solution", "says"),
    [
        ("[openlifu]", "[lifu]", None, "openlifu: is missing; a table [openlifu]"),
        ("0.02", '"0.02"', None, "openlifu.watts_per_volt2 = '0.02': must be a number without a unit"),
        ("0.02", "0", None, "openlifu.watts_per_volt2 = 0: is out of bounds"),
        ('"5 V", ', '"1 V", ', None, "openlifu.range = ['1 V', '40 V']: is too small; 5 or more"),
        ('"40 V"', '"400 V"', None, "does not rise, or is above 100 V"),
        ('"solution.json"', '"absent.json"', None, "openlifu.solution = 'absent.json': cannot be read (No such file"),
        ("[openlifu]", "[openlifu]", "{", "openlifu.solution = 'solution.json': is not JSON ("),
        ("[openlifu]", "[openlifu]", '{"pulse": 1}', "lacks sequence, delays, apodizations, voltage"),
        ("[openlifu]", "[openlifu]", "[1]", "lacks pulse, sequence, delays, apodizations, voltage"),
        ('name = "bench"', 'name = "bench"\nfoo = 1', None, "openlifu.foo: unknown key"),
    ],
)
def test_one_clear_line(old: str, new: str, solution: str | None, says: str, tmp_path: Path) -> None:
    assert OWN.count(old) == 1
    with pytest.raises(InstrumentError) as caught:
        read(tmp_path, OWN.replace(old, new), solution)
    assert says in str(caught.value) and str(caught.value).startswith(str(tmp_path / "own.toml"))
