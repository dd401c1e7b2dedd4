"""The option --generator: which driver, and with what."""

from argparse import ArgumentParser
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.live.generators import instrument, lifu_file
from sonofuse.live.generators.calls import Connect
from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.instrument import InstrumentError
from sonofuse.spelling import did_you_mean

KINDS = ("scpi", "openlifu")
SCPI_FORM = "scpi:INSTRUMENT.toml@RESOURCE, for example scpi:amplifier.toml@TCPIP0::192.168.1.20::5025::SOCKET"
LIFU_FORM = "openlifu:FILE.toml with your calibration, or openlifu:demo"
DEMO = "demo"


def add_to(parser: ArgumentParser) -> None:
    """The option, for a verb."""
    parser.add_argument(
        "--generator",
        metavar="KIND:…",
        help=f"the generator as a second switch: {SCPI_FORM}; {LIFU_FORM} (docs/generators.md)",
    )


def chosen(text: str | None) -> Connect | None:
    """What connects the generator, None if none was asked for. Nothing is connected here.

    Raises:
        CommandError: if it cannot be used: one line for each problem.
    """
    if text is None:
        return None
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise _wrong(text, f"unknown kind {kind!r}: {did_you_mean(kind, KINDS)}")
    try:
        return _scpi(text, rest) if kind == "scpi" else _openlifu(text, rest)
    except InstrumentError as error:
        raise CommandError(BAD_INPUT, str(error)) from error


def tried(connect: Connect) -> str:
    """Connect once and put the output off, before anything depends on it; who the generator is.

    Raises:
        CommandError: if that fails.
    """
    try:
        generator = connect()
        try:
            generator.off()
            identity = generator.identity
            if generator.read_output():
                raise GeneratorError(f"{identity}: its output stays on after it was put off")
        finally:
            generator.close()
    except GeneratorError as error:
        raise CommandError(ENVIRONMENT, f"--generator: {error}") from error
    return identity


def _scpi(text: str, rest: str) -> Connect:
    named, at, resource = rest.rpartition("@")
    if not at or not named or not resource:
        raise _wrong(text, f"write {SCPI_FORM}")
    _installed("pyvisa", "pyvisa_py", extra="visa", what="PyVISA")
    from pyvisa import rname

    from sonofuse.live.generators.scpi import ScpiGenerator

    try:
        rname.parse_resource_name(resource)
    except rname.InvalidResourceName as error:
        raise _wrong(text, f"{resource!r} is no VISA resource ({error}); write {SCPI_FORM}") from error
    return partial(ScpiGenerator, instrument.load(named), resource)


def _openlifu(text: str, rest: str) -> Connect:
    if not rest:
        raise _wrong(text, f"how much power a voltage makes is not known; write {LIFU_FORM}")
    _installed("openlifu_sdk", extra="openlifu", what="OpenLIFU's SDK")
    from sonofuse.live.generators import openlifu

    if rest == DEMO:
        _installed("PyQt6", extra="openlifu-demo", what="the simulation in OpenLIFU's SDK")
        return partial(openlifu.connect_demo, lifu_file.load(lifu_file.DEMO))
    return partial(openlifu.connect, lifu_file.load(Path(rest)))


def _installed(*modules: str, extra: str, what: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise CommandError(
            ENVIRONMENT,
            f"--generator: {what} is not installed ({', '.join(missing)}); pip install 'sonofuse[{extra}]'",
        )


def _wrong(text: str, why: str) -> CommandError:
    return CommandError(BAD_INPUT, f"--generator {text}: {why}")
