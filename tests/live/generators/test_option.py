"""The option --generator: what it makes, and one clear line for every mistake."""

from argparse import ArgumentParser
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.live.generators import option
from sonofuse.live.generators.generator import GeneratorError
from tests.live.generators import sim
from tests.live.generators.fake import FakeGenerator, failing
from tests.live.generators.test_instrument import OWN

RESOURCE = "TCPIP0::127.0.0.1::1::SOCKET"


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    return str(tmp_path / "own.toml")


def failure(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call()
    return caught.value.code, str(caught.value)


def test_none() -> None:
    parser = ArgumentParser()
    option.add_to(parser)
    assert option.chosen(parser.parse_args([]).generator) is None
    assert parser.parse_args(["--generator", "openlifu:demo"]).generator == "openlifu:demo"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "unknown kind '': known are openlifu, scpi"),
        ("spci:a.toml@b", "unknown kind 'spci': did you mean \"scpi\"?"),
        ("scpi", "write scpi:INSTRUMENT.toml@RESOURCE, for example"),
        ("scpi:own.toml", "write scpi:INSTRUMENT.toml@RESOURCE, for example"),
        (f"scpi:@{RESOURCE}", "write scpi:INSTRUMENT.toml@RESOURCE, for example"),
        ("scpi:own.toml@", "write scpi:INSTRUMENT.toml@RESOURCE, for example"),
        ("scpi:own.toml@COM7", "'COM7' is no VISA resource (Could not parse COM7: unknown interface type)"),
        ("openlifu", "how much power a voltage makes is not known; write openlifu:FILE.toml"),
    ],
)
def test_a_mistake_in_the_option(text: str, says: str) -> None:
    sim.needed()
    code, line = failure(lambda: option.chosen(text))
    assert code == BAD_INPUT and line.startswith(f"--generator {text}: {says}") and "\n" not in line


def test_a_mistake_in_the_file(own: str) -> None:
    sim.needed()
    code, line = failure(lambda: option.chosen(f"scpi:keysight_33500@{RESOURCE}"))
    assert code == BAD_INPUT and "level.gain: is missing" in line
    code, line = failure(lambda: option.chosen(f"scpi:{own}x@{RESOURCE}"))
    assert code == BAD_INPUT and "own.tomlx:1: file: cannot be read" in line


@pytest.mark.parametrize(
    ("text", "module", "says"),
    [
        (f"scpi:own.toml@{RESOURCE}", "pyvisa_py", "PyVISA is not installed (pyvisa_py); pip install 'sonofuse[visa]'"),
        ("openlifu:own.toml", "openlifu_sdk", "OpenLIFU's SDK is not installed (openlifu_sdk); pip install"),
        ("openlifu:demo", "openlifu_sdk", "OpenLIFU's SDK is not installed (openlifu_sdk); pip install"),
    ],
)
def test_a_library_that_is_not_installed(text: str, module: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = f"{option.__name__}.find_spec"
    monkeypatch.setattr(there, lambda name: None if name == module else ModuleSpec(name, None))
    code, line = failure(lambda: option.chosen(text))
    assert code == ENVIRONMENT and line.startswith(f"--generator: {says}")


def test_a_resource_that_is_not_there(own: str) -> None:
    sim.needed()
    connect = option.chosen(f"scpi:{own}@{RESOURCE}")
    assert connect is not None
    code, line = failure(lambda: option.tried(connect))
    assert code == ENVIRONMENT and line.startswith(f"--generator: {RESOURCE}: *IDN?: ") and "refused" in line


def test_what_is_there_is_put_off_and_given_back() -> None:
    generator = FakeGenerator()
    assert option.tried(lambda: generator) == "fake"
    assert not generator.output and generator.calls == ["off", "read output", "close"]


def test_an_output_that_stays_on() -> None:
    generator = FakeGenerator(deaf={"off"})
    code, line = failure(lambda: option.tried(lambda: generator))
    assert (code, line) == (ENVIRONMENT, "--generator: fake: its output stays on after it was put off")
    assert generator.calls[-1] == "close"


def test_one_that_fails() -> None:
    generator = FakeGenerator(before=failing("off"))
    assert failure(lambda: option.tried(lambda: generator)) == (ENVIRONMENT, "--generator: no off")

    def connect() -> FakeGenerator:
        raise GeneratorError("another instrument")

    assert failure(lambda: option.tried(connect)) == (ENVIRONMENT, "--generator: another instrument")
