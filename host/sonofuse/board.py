"""Board files: one data file describes a board (docs/boards.md); read here without running it."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from sonofuse import drivers
from sonofuse.chips import CHIPS, NEEDS, Chip
from sonofuse.layout import FIRMWARE
from sonofuse.spelling import did_you_mean

BOARDS = FIRMWARE / "boards"
PINS = ("permit", "second", "service", "buzzer", "uart_tx", "uart_rx")
SPI_PINS = ("spi_sck", "spi_mosi", "spi_miso")
READBACKS = ("permit_readback", "second_readback")  # of the two switches; the firmware knows them by these names
FORWARD, REFLECTED, STOP_LOOP, SUPPLY = "forward", "reflected", "stop_loop", "supply"
_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "mcu": str,
    "adc_reference_mv": int,
    "pins": dict,
    "channels": (tuple, list),
}
_REFERENCE_MV = (1620, 3630)  # source: RP2040 data sheet, ADC_AVDD, which is the reference


class BoardError(ValueError):
    """A board file that cannot be used; the message holds one line per problem."""


@dataclass(frozen=True)
class BoardChannel:
    """One monitored signal of a board: its name, the driver that reads it and the driver's settings."""

    name: str
    driver: str
    settings: Mapping[str, int | float | str]

    @property
    def watches(self) -> str:
        """What the signal shows, in the rig's words (docs/boards.md); its name unless the settings say otherwise."""
        return str(self.settings.get(drivers.WATCHES, self.name))

    @property
    def quantity(self) -> str:
        """What it measures: temperature, power, voltage, flow or contact."""
        return drivers.form(self.driver, self.settings).quantity


@dataclass(frozen=True)
class Board:
    """A board: its name, pins by use, and its channels in the order of the rows of a limit set; `file` holds it."""

    name: str
    mcu: str
    adc_reference_mv: int
    pins: Mapping[str, int]
    channels: tuple[BoardChannel, ...]
    file: Path

    def index(self, channel: str) -> int:
        """The row of a channel.

        Raises:
            KeyError: if the board has no such channel.
        """
        for row, entry in enumerate(self.channels):
            if entry.name == channel:
                return row
        raise KeyError(channel)

    def watching(self, what: str) -> BoardChannel | None:
        """The first channel that watches something, None if the board has no signal for it."""
        return next((entry for entry in self.channels if entry.watches == what), None)

    def adc_input(self, channel: BoardChannel) -> int:
        """The converter's input of an ADC channel, from 0."""
        return CHIPS[self.mcu].adc.index(int(channel.settings["pin"]))


def board_names() -> list[str]:
    """The names of the boards that ship with the firmware."""
    return sorted(path.stem for path in BOARDS.glob("*.py") if path.stem != "__init__")


def load_board(name_or_path: str | Path) -> Board:
    """Read a shipped board by name, or any board file by path.

    Raises:
        BoardError: if the file is missing, is not plain data, lacks something, or uses a pin twice.
    """
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and path.suffix != ".py" and path.name == name_or_path:
        path = BOARDS / f"{name_or_path}.py"
        if not path.is_file():
            raise BoardError(f"no board {name_or_path!r}: the shipped boards are {', '.join(board_names())}")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BoardError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BoardError(f"{path}: not UTF-8 text") from None
    data = _literal(text, path)
    problems = list(_faults(data))
    if problems:
        raise BoardError("\n".join(f"{path}: {problem}" for problem in problems))
    channels = tuple(BoardChannel(name, driver, MappingProxyType(dict(own))) for name, driver, own in data["channels"])
    pins = MappingProxyType(dict(data["pins"]))
    return Board(data["name"], data["mcu"], data["adc_reference_mv"], pins, channels, path)


def _literal(text: str, path: Path) -> dict[str, Any]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise BoardError(f"{path}: not Python ({error})") from None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="BOARD")], value=value):
                return _data(value, path)
            case _:
                pass
    raise BoardError(f"{path}: has no `BOARD = {{...}}` assignment")


def _data(value: ast.expr, path: Path) -> dict[str, Any]:
    where = f"{path}:{value.lineno}"
    for node in ast.walk(value):
        if isinstance(node, ast.Dict):  # Python keeps the last of two equal keys and says nothing
            keys = Counter(key.value for key in node.keys if isinstance(key, ast.Constant))
            twice = [str(key) for key, count in keys.items() if count > 1]
            if twice:
                raise BoardError(f"{path}:{node.lineno}: {', '.join(twice)} is given twice")
    try:
        data = ast.literal_eval(value)
    except (ValueError, TypeError):
        raise BoardError(f"{where}: BOARD must be plain data, without calls or names") from None
    if not isinstance(data, dict):
        raise BoardError(f"{where}: BOARD must be a dictionary")
    return cast("dict[str, Any]", data)


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a board, a line each; what only follows from another fault is left out."""
    unusable = list(_wrong_keys(data))
    yield from unusable
    if unusable:
        return
    channels: list[BoardChannel] = []
    for item in data["channels"]:
        match item:
            case (str(name), str(driver), settings) if name.isidentifier() and hasattr(settings, "keys"):
                wrong = list(drivers.faults(name, driver, settings))
                yield from wrong
                if not wrong:
                    channels.append(BoardChannel(name, driver, settings))
            case _:
                yield f'channel {item!r}: write ("name", "driver", {{settings}})'
    yield from _wrong_channels(channels, complete=len(channels) == len(data["channels"]))
    yield from _wrong_pins(CHIPS[data["mcu"]], data["pins"], channels)


def _wrong_keys(data: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in _KEYS.items():
        if key not in data:
            yield f"{key} is missing"
        elif not isinstance(data[key], kind) or isinstance(data[key], bool) or not data[key]:
            yield f"{key} = {data[key]!r} is not usable: see firmware/boards/rev_a.py for an example"
        elif key == "mcu" and data[key] not in CHIPS:
            yield f"mcu = {data[key]!r}: {did_you_mean(data[key], CHIPS)}"
        elif key == "adc_reference_mv" and not _REFERENCE_MV[0] <= data[key] <= _REFERENCE_MV[1]:
            yield f"{key} = {data[key]!r}: must be from {_REFERENCE_MV[0]} to {_REFERENCE_MV[1]}"
    yield from (f"unknown key {key!r}: {did_you_mean(str(key), _KEYS)}" for key in data if key not in _KEYS)


def _wrong_channels(channels: list[BoardChannel], complete: bool) -> Iterator[str]:
    names = Counter(channel.name for channel in channels)
    yield from (f"channel {name!r} is listed twice" for name, count in names.items() if count > 1)
    # Two thermometers may watch one place; of everything else there is one.
    watched = Counter(c.watches for c in channels if c.quantity != "temperature" and names[c.name] == 1)
    yield from (f"two channels watch {what!r}" for what, count in watched.items() if count > 1)
    for channel in channels:
        if channel.name.endswith("_readback") != (channel.name in READBACKS and channel.driver == "contact"):
            yield f"channel {channel.name}: a read-back is a contact named {' or '.join(READBACKS)}"
    if complete:
        for name in READBACKS:
            if name not in names:
                yield f"channel {name!r} is missing: the firmware must see when a switch is really off"
        if not any(channel.watches == FORWARD and channel.quantity == "power" for channel in channels):
            yield f"no power detector watches {FORWARD!r}: energy and set point could not be checked"


def _wrong_pins(chip: Chip, pins: Mapping[str, Any], channels: list[BoardChannel]) -> Iterator[str]:
    needed = PINS + (SPI_PINS if any(channel.driver == "max31865" for channel in channels) else ())
    yield from (f"pins: {name!r} is missing" for name in needed if name not in pins)
    known = PINS + SPI_PINS
    yield from (f"pins: unknown pin {name!r}: {did_you_mean(str(name), known)}" for name in pins if name not in known)
    used: dict[int, str] = {}
    wanted = [(str(name), pin, NEEDS.get(str(name), "")) for name, pin in pins.items()]
    for channel in channels:
        function = "ADC" if channel.driver == "adc" else ""
        own = drivers.form(channel.driver, channel.settings).pins
        wanted += [(f"{channel.name}.{key}", channel.settings[key], function) for key in own]
    for name, pin, function in wanted:
        if not isinstance(pin, int) or isinstance(pin, bool) or not 0 <= pin <= chip.top:
            yield f"{name} = {pin!r}: a pin is a whole number from 0 to {chip.top}"
            continue
        if pin in used:
            yield f"pin {pin} is used twice: by {used[pin]} and by {name}"
        if function and pin not in chip.functions[function]:
            able = ", ".join(f"GP{other}" for other in chip.functions[function])
            yield f"{name} = {pin}: has no {function}: {able} have it"
        used.setdefault(pin, name)
