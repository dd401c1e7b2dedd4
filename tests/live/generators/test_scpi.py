"""The SCPI driver against simulated instruments."""

from dataclasses import replace
from pathlib import Path

import pytest

from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.instrument import Instrument, load
from sonofuse.live.generators.second_switch import SecondSwitch
from tests.live.generators import sim
from tests.live.generators.test_instrument import OWN
from tests.live.generators.test_second_switch import until

sim.needed()

from sonofuse.live.generators.scpi import ScpiGenerator  # noqa: E402 - not without its library
from sonofuse.live.generators.visa import Session  # noqa: E402 - as above

PLAIN = '[instrument]\nbased_on = "generic"\nidentity = ["ACME,F1"]\n[level]\ngain = "50 dB"\n'


def instrument(tmp_path: Path, text: str = OWN) -> Instrument:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    return load(str(file))


@pytest.fixture
def keysight(tmp_path: Path) -> ScpiGenerator:
    generator = ScpiGenerator(instrument(tmp_path), sim.KEYSIGHT, sim.BENCH)
    generator.off()
    return generator


def test_who_it_is_and_how_it_is_prepared(keysight: ScpiGenerator) -> None:
    assert keysight.identity == "Agilent Technologies,33522A,MY50005619,2.03-1.19-2.00-52-00"
    assert keysight.read_output() is False
    assert (keysight.timeout_s, keysight.settle_s, keysight.tolerance) == (0.4, 0.2, 0.01)


def test_set_point_and_output(keysight: ScpiGenerator) -> None:
    keysight.set_point(20.0)
    assert keysight.read_set_point() == pytest.approx(20.0, rel=keysight.tolerance)
    keysight.on()
    assert keysight.read_output() is True
    keysight.off()
    assert keysight.read_output() is False


def test_a_set_point_beyond_the_range(keysight: ScpiGenerator) -> None:
    with pytest.raises(GeneratorError, match=r"33500 and amplifier: 100 W needs 0\.6325 Vpp, which is not from"):
        keysight.set_point(100.0)


def test_what_the_instrument_refuses_is_told(tmp_path: Path) -> None:
    wide = instrument(tmp_path, OWN.replace("[0.01, 0.4]", "[0.01, 40]"))
    generator = ScpiGenerator(wide, sim.KEYSIGHT, sim.BENCH)
    with pytest.raises(GeneratorError, match='set point 300000 W: it reports -113,"Undefined header"'):
        generator.set_point(300_000.0)
    generator.set_point(20.0)  # the queue is empty again


def test_abort_puts_the_output_off_through_a_second_session(keysight: ScpiGenerator) -> None:
    keysight.on()
    keysight.abort()
    assert keysight.read_output() is False


def test_abort_that_is_in_vain_is_told(tmp_path: Path) -> None:
    generator = ScpiGenerator(instrument(tmp_path, PLAIN), sim.STUCK, sim.BENCH)
    with pytest.raises(GeneratorError, match="SCPI-99 generator: the output stays on"):
        generator.abort()


def test_an_output_that_was_left_on_is_put_off_by_preparing_it(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.yaml"
    fresh.write_text(Path(sim.BENCH.removesuffix("@sim")).read_text(encoding="utf-8"), encoding="utf-8")
    assert Session(sim.KEYSIGHT, 0.2, "\n", None, f"{fresh}@sim").ask("OUTP1?") == "1"
    assert ScpiGenerator(instrument(tmp_path), sim.KEYSIGHT, f"{fresh}@sim").read_output() is False


def test_another_instrument(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError) as caught:
        ScpiGenerator(instrument(tmp_path), sim.PLAIN, sim.BENCH)
    assert str(caught.value) == (
        f'{sim.PLAIN} is "ACME,F1,7,1.0" and not "Agilent Technologies,335…" or "Keysight Technologies,335…": '
        "name its resource, or another file"
    )


def test_answers_that_the_file_does_not_know(tmp_path: Path) -> None:
    generator = ScpiGenerator(instrument(tmp_path, PLAIN), sim.STUBBORN, sim.BENCH)
    with pytest.raises(GeneratorError, match=r'"PERHAPS" is no answer to OUTP\? that its file knows'):
        generator.read_output()
    with pytest.raises(GeneratorError, match=r'"LOTS" is no answer to SOUR:VOLT\? that its file knows'):
        generator.read_set_point()
    with pytest.raises(GeneratorError, match="it reports -113"):
        generator.on()


def test_no_answer(tmp_path: Path) -> None:
    silent = replace(instrument(tmp_path, PLAIN), read_output="OUTP OFF", timeout_s=0.02)
    generator = ScpiGenerator(silent, sim.STUBBORN, sim.BENCH)
    with pytest.raises(GeneratorError, match="OUTP OFF: no answer within 20 ms"):
        generator.read_output()
    generator.off()  # through a new session


def test_ascii_over_a_serial_line(tmp_path: Path) -> None:
    text = PLAIN.replace('"generic"', '"generic"\nbaud = 9600\nends_with = "\\n"')
    generator = ScpiGenerator(instrument(tmp_path, text), "ASRL7::INSTR", sim.BENCH)
    generator.set_point(50.0)
    assert generator.read_set_point() == pytest.approx(50.0, rel=generator.tolerance)


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        ("TCPIP0::127.0.0.1::1::SOCKET", "Connection refused"),
        ("TCPIP0::127.0.0.1::INSTR", "Connection refused"),
        ("ASRL/dev/absent::INSTR", "could not open port"),
    ],
)
def test_no_such_resource(resource: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError) as caught:
        ScpiGenerator(instrument(tmp_path), resource)
    line = str(caught.value)
    assert line.startswith(f"{resource}: *IDN?: ") and says in line and "\n" not in line


def test_a_sonication_that_trips(tmp_path: Path) -> None:
    own = instrument(tmp_path)
    switch = SecondSwitch(lambda: ScpiGenerator(own, sim.KEYSIGHT, sim.BENCH))
    switch.start()
    until(lambda: switch.state().output is False)
    assert switch.set_point(20.0) == "" and switch.on() == ""
    until(lambda: switch.state().output is True)
    assert switch.state().set_w == pytest.approx(20.0, rel=0.01) and switch.state().trouble == ""
    switch.trip()
    until(lambda: switch.state().output is False)
    assert switch.close() == ""
    assert Session(sim.KEYSIGHT, 0.2, "\n", None, sim.BENCH).ask("OUTP1?") == "0"
