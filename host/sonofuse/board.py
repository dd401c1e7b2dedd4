"""Board files: one data file describes a board (docs/boards.md); read here without running it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from sonofuse.layout import FIRMWARE

BOARDS = FIRMWARE / "boards"
PINS = ("permit", "second", "service", "buzzer", "uart_tx", "uart_rx")
SPI_PINS = ("spi_sck", "spi_mosi", "spi_miso")
# driver -> (settings that are pins, settings that are positive numbers)
DRIVERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "max31865": (("cs", "drdy"), ("r0_ohm", "rref_ohm")),
    "adc": (("pin",), ()),
    "pulses": (("pin",), ("pulses_per_litre", "gate_ms", "gates")),
    "contact": (("pin",), ()),
}
DETECTORS = {"ad8307": "coupling_db", "voltage": "nominal_mv"}
HIGHEST_PIN = 29  # source: RP2040 data sheet, GPIO0 to GPIO29
ADC_PINS = (26, 27, 28, 29)  # source: RP2040 data sheet


class BoardError(ValueError):
    """A board file that cannot be used; the message holds one line per problem."""


@dataclass(frozen=True)
class BoardChannel:
    """One monitored signal of a board: its name, the driver that reads it and the driver's settings."""

    name: str
    driver: str
    settings: Mapping[str, int | float | str]


@dataclass(frozen=True)
class Board:
    """A board: its name, pins by use, and its channels in the order of the rows of a limit set."""

    name: str
    mcu: str
    adc_reference_mv: int
    pins: Mapping[str, int]
    channels: tuple[BoardChannel, ...]

    def index(self, channel: str) -> int:
        """The row of a channel.

        Raises:
            KeyError: if the board has no such channel.
        """
        for row, entry in enumerate(self.channels):
            if entry.name == channel:
                return row
        raise KeyError(channel)


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
    problems: list[str] = []
    board = _board(data, problems)
    if board is None or problems:
        raise BoardError("\n".join(f"{path}: {problem}" for problem in problems))
    return board


def _literal(text: str, path: Path) -> dict[str, Any]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise BoardError(f"{path}: not Python ({error})") from None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="BOARD")], value=value):
                try:
                    data = ast.literal_eval(value)
                except (ValueError, TypeError):
                    raise BoardError(
                        f"{path}:{value.lineno}: BOARD must be plain data, without calls or names"
                    ) from None
                if not isinstance(data, dict):
                    raise BoardError(f"{path}:{value.lineno}: BOARD must be a dictionary")
                return cast("dict[str, Any]", data)
            case _:
                pass
    raise BoardError(f"{path}: has no `BOARD = {{...}}` assignment")


def _board(data: dict[str, Any], problems: list[str]) -> Board | None:
    expected: dict[str, type | tuple[type, ...]] = {
        "name": str,
        "mcu": str,
        "adc_reference_mv": int,
        "pins": dict,
        "channels": (tuple, list),
    }
    for key, kind in expected.items():
        if key not in data:
            problems.append(f"{key} is missing")
        elif not isinstance(data[key], kind) or isinstance(data[key], bool) or not data[key]:
            problems.append(f"{key} = {data[key]!r} is not usable: see firmware/boards/rev_a.py for an example")
    problems.extend(f"unknown key {key!r}: known are {', '.join(expected)}" for key in data if key not in expected)
    if problems:
        return None
    channels = [entry for item in data["channels"] if (entry := _channel(item, problems)) is not None]
    names = [entry.name for entry in channels]
    problems.extend(f"channel {name!r} is listed twice" for name in sorted(set(names)) if names.count(name) > 1)
    used: dict[int, str] = {}
    for name, pin in data["pins"].items():
        _use_pin(used, pin, str(name), problems)
    needed = PINS + (SPI_PINS if any(entry.driver == "max31865" for entry in channels) else ())
    problems.extend(f"pins: {name!r} is missing" for name in needed if name not in data["pins"])
    for entry in channels:
        for key in DRIVERS[entry.driver][0]:
            _use_pin(used, entry.settings[key], f"{entry.name}.{key}", problems)
    pins = MappingProxyType(dict(data["pins"]))
    return Board(data["name"], data["mcu"], data["adc_reference_mv"], pins, tuple(channels))


def _use_pin(used: dict[int, str], pin: Any, name: str, problems: list[str]) -> None:
    if not isinstance(pin, int) or isinstance(pin, bool) or not 0 <= pin <= HIGHEST_PIN:
        problems.append(f"{name} = {pin!r}: a pin is a whole number from 0 to {HIGHEST_PIN}")
    elif pin in used:
        problems.append(f"pin {pin} is used twice: by {used[pin]} and by {name}")
    else:
        used[pin] = name


def _channel(item: Any, problems: list[str]) -> BoardChannel | None:
    match item:
        case (str(name), str(driver), settings) if name.isidentifier() and hasattr(settings, "keys"):
            pass
        case _:
            problems.append(f'channel {item!r}: write ("name", "driver", {{settings}})')
            return None
    if driver not in DRIVERS:
        problems.append(f"channel {name}: unknown driver {driver!r}: known are {', '.join(DRIVERS)}")
        return None
    pins, numbers = DRIVERS[driver]
    wrong = [f"channel {name}: {key} is missing" for key in pins + numbers if key not in settings]
    for key in numbers:
        value = settings.get(key, 1)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1e9:
            wrong.append(f"channel {name}: {key} = {value!r}: must be a positive number")
    if driver == "adc":
        detector = settings.get("detector")
        if detector not in DETECTORS:
            wrong.append(f"channel {name}: detector = {detector!r}: known are {', '.join(DETECTORS)}")
        elif not isinstance(settings.get(DETECTORS[detector]), (int, float)):
            wrong.append(f"channel {name}: {DETECTORS[detector]} is missing or not a number")
        if settings.get("pin", ADC_PINS[0]) not in ADC_PINS:
            wrong.append(f"channel {name}: pin {settings['pin']!r} has no ADC: GP26 to GP29 have one")
    problems.extend(wrong)
    return None if wrong else BoardChannel(name, driver, MappingProxyType(dict(settings)))
