"""Every shipped board is complete, for every reader; a board file with any entry gone, doubled or wrong is refused."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.board import BOARDS, PINS, READBACKS, SPI_PINS, BoardError, board_names, load_board
from sonofuse.chips import RP2040
from sonofuse.drivers import DRIVERS
from sonofuse.layout import FIRMWARE
from sonofuse.limits import SHIPPED, LimitsError, load
from sonofuse.limits.kinds import KINDS
from sonofuse_hil.bench import Bench
from sonofuse_hil.breaking import faults_of

LIMITS = {"rev_a": SHIPPED, "mini_ntc": SHIPPED.with_name("mini_ntc.toml")}


def read(name: str) -> dict[str, Any]:
    tree = ast.parse((BOARDS / f"{name}.py").read_text(encoding="utf-8"))
    return next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))


# ---- what ships


def test_every_shipped_board_has_limits():
    assert set(board_names()) == set(LIMITS)


@pytest.mark.parametrize("name", board_names())
def test_it_is_complete(name):
    data, board = read(name), load_board(name)
    assert data["name"] == name
    converters = any(driver == "max31865" for _, driver, _ in data["channels"])
    assert set(data["pins"]) == {*PINS, *(SPI_PINS if converters else ())}
    used = list(data["pins"].values())
    for _, driver, own in data["channels"]:
        used += [own[key] for key in DRIVERS[driver].pins]
    assert len(used) == len(set(used)), "a pin is used twice"
    assert all(0 <= pin <= 29 for pin in used)
    assert all(own["pin"] in (26, 27, 28, 29) for _, driver, own in data["channels"] if driver == "adc")
    assert set(READBACKS) <= {channel for channel, driver, _ in data["channels"] if driver == "contact"}
    assert [channel.name for channel in load(LIMITS[name]).channels] == [entry.name for entry in board.channels]


@pytest.mark.parametrize("name", board_names())
def test_micropython_takes_its_pins(name):
    """The conditions of ports/rp2/machine_uart.c and machine_spi.c for UART 0 and SPI 0."""
    pins = read(name)["pins"]
    assert [(pins["uart_tx"] & 3, pins["uart_tx"] + 4 & 8), (pins["uart_rx"] & 3, pins["uart_rx"] + 4 & 8)] == [
        (0, 0),
        (1, 0),
    ]
    for key, place in (("spi_sck", 2), ("spi_mosi", 3), ("spi_miso", 0)):
        assert key not in pins or (pins[key] & 3, pins[key] & 8) == (place, 0)


def test_the_function_table_is_micropythons():
    uart = {place: tuple(pin for pin in range(30) if pin & 3 == place and not pin + 4 & 8) for place in (0, 1)}
    spi = {place: tuple(pin for pin in range(30) if pin & 3 == place and not pin & 8) for place in (0, 2, 3)}
    functions = RP2040.functions
    assert (functions["UART0 TX"], functions["UART0 RX"]) == (uart[0], uart[1])
    # GP24 to GP29 have no SPI 0 (RP2040 data sheet, 1.4.3: SPI1), which machine_spi.c says by the same bit.
    assert functions["SPI0 RX"] == tuple(pin for pin in spi[0] if pin < 24)
    assert functions["SPI0 SCK"] == tuple(pin for pin in spi[2] if pin < 24)
    assert functions["SPI0 TX"] == tuple(pin for pin in spi[3] if pin < 24)


@pytest.mark.parametrize("name", board_names())
def test_every_channel_has_a_driver_a_kind_and_a_part(name):
    source = (FIRMWARE / "sensors.py").read_text(encoding="utf-8")
    in_firmware = set(re.findall(r'driver == "(\w+)"', source))
    assert in_firmware == set(DRIVERS)
    board = load_board(name)
    bench = Bench(board)
    for channel in board.channels:
        kinds = [kind for kind in KINDS.values() if kind.of(board, channel) is not None]
        assert [kind.quantity for kind in kinds] == [channel.quantity]
        assert faults_of(channel)
        assert bench.channel(channel.watches) == channel
    wired = [
        *bench.sensors,
        *bench.detectors,
        *bench.contacts,
        *(c.name for c in board.channels if c.driver == "pulses"),
    ]
    plain = [c.name for c in board.channels if c.settings.get("detector") == "voltage"]
    assert sorted([*wired, *plain]) == sorted(c.name for c in board.channels)


def test_the_second_board_differs_from_the_first_wherever_it_can():
    first, second = load_board("rev_a"), load_board("mini_ntc")
    assert all(first.pins[name] != second.pins[name] for name in PINS)
    for channel in second.channels:
        other = first.watching(channel.watches)
        assert other is not None
        assert other.settings.get("pin") != channel.settings["pin"]
    assert first.adc_reference_mv != second.adc_reference_mv
    assert not any(channel.driver == "max31865" for channel in second.channels)
    assert len(second.channels) < len(first.channels) - 1
    assert {channel.settings["pin"] for channel in second.channels if channel.driver == "adc"} == {26, 27, 28, 29}


# ---- one entry wrong

Path_ = tuple[Any, ...]
WRONG: dict[type, list[Any]] = {
    int: [None, "2", -1_000_000_000, 1_000_000_000, True],
    float: [None, "0.001", -1e9, float("inf"), True],
    str: [None, 5, ""],
    tuple: [None, 5, ""],
    dict: [None, 5, ""],
}


def entries(value: Any, way: Path_ = ()) -> list[Path_]:
    """The way to every entry of a board: keys, channels, and the three parts of each."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
    return [found for key, part in inside for found in ((*way, key), *entries(part, (*way, key)))]


def named(data: dict[str, Any], way: Path_) -> str:
    """The word by which a person knows an entry."""
    if way[0] != "channels" or len(way) == 1:
        return str(way[-1])
    channel = data["channels"][way[1]]
    return str(way[3]) if len(way) == 4 else str(channel[0])


def changed(value: Any, way: Path_, new: Any) -> Any:
    """The same with another entry there; DELETED leaves it out."""
    if not way:
        return new
    inner = changed(value[way[0]], way[1:], new)
    if isinstance(value, dict):
        items = {key: inner if key == way[0] else part for key, part in value.items()}
        return {key: part for key, part in items.items() if part is not DELETED}
    parts = [inner if at == way[0] else part for at, part in enumerate(value)]
    return tuple(part for part in parts if part is not DELETED)


DELETED = object()
ENTRIES = [(name, way) for name in board_names() for way in entries(read(name))]


def refusal(data: Any, folder: Path, name: str) -> list[str]:
    """The lines with which a board, or the limits that go with it, are refused."""
    path = folder / "mine.py"
    path.write_text(f"BOARD = {data!r}\n".replace("inf", "1e999"), encoding="utf-8")
    try:
        board = load_board(path)
    except BoardError as error:
        return str(error).splitlines()
    try:
        load(LIMITS[name], board)
    except LimitsError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("name", "way"), ENTRIES, ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else part
)
def test_without_an_entry_it_is_refused_in_one_line(name, way, tmp_path):
    data = read(name)
    lines = refusal(changed(data, way, DELETED), tmp_path, name)
    word = named(data, way)
    channel = data["channels"][way[1]] if way[0] == "channels" and len(way) > 1 else None
    words = [word] if channel is None else [word, channel[1], channel[2].get("watches", word)]
    assert len(lines) == 1, lines
    assert any(repr(found) in lines[0] or found in re.findall(r"\w+", lines[0]) for found in words), lines


@settings(max_examples=200)
@given(entry=st.sampled_from(ENTRIES), data=st.data())
def test_with_a_wrong_entry_it_is_refused_and_the_entry_named(entry, data, tmp_path_factory):
    name, way = entry
    board = read(name)
    value = board
    for key in way:
        value = value[key]
    new = data.draw(st.sampled_from(WRONG[type(value)]))
    lines = refusal(changed(board, way, new), tmp_path_factory.mktemp("board"), name)
    assert lines, f"{way} = {new!r} is accepted"
    assert any(named(board, way) in line or repr(new) in line for line in lines), lines


@settings(max_examples=100)
@given(name=st.sampled_from(board_names()), data=st.data())
def test_a_pin_used_twice_is_refused_and_both_named(name, data, tmp_path_factory):
    board = read(name)
    pins = [way for way in entries(board) if way[-1] in (*PINS, *SPI_PINS, "pin", "cs", "drdy")]
    one, other = data.draw(st.lists(st.sampled_from(pins), min_size=2, max_size=2, unique=True))
    value = board
    for key in other:
        value = value[key]
    lines = refusal(changed(board, one, value), tmp_path_factory.mktemp("board"), name)
    assert any(f"pin {value} is used twice" in line and named(board, one) in line for line in lines), lines


@settings(max_examples=60)
@given(name=st.sampled_from(board_names()), data=st.data())
def test_an_entry_given_twice_is_refused(name, data, tmp_path_factory):
    """Python keeps the last of two equal keys without a word; of two equal channels both stay."""
    board = read(name)
    way = data.draw(st.sampled_from([w for w in entries(board) if isinstance(w[-1], str) or len(w) == 2]))
    folder = tmp_path_factory.mktemp("board")
    if len(way) == 2 and way[0] == "channels":
        channels = board["channels"]
        lines = refusal({**board, "channels": (*channels, channels[way[1]])}, folder, name)
        assert any(f"{channels[way[1]][0]!r} is listed twice" in line for line in lines), lines
        return
    marked = repr(changed(board, way, "<<twice>>"))
    key = f"{way[-1]!r}: "
    (folder / "mine.py").write_text(
        "BOARD = " + marked.replace(f"{key}'<<twice>>'", f"{key}1, {key}2"), encoding="utf-8"
    )
    with pytest.raises(BoardError, match=f"{way[-1]} is given twice"):
        load_board(folder / "mine.py")


def test_a_word_of_ones_own_may_be_watched(tmp_path):
    data = changed(read("mini_ntc"), ("channels", 1, 2), {"pin": 10, "watches": "door"})
    (tmp_path / "mine.py").write_text(f"BOARD = {data!r}")
    board = load_board(tmp_path / "mine.py")
    assert board.watching("supply") is None
    assert Bench(board).channel("door").name == "supply"


@pytest.mark.parametrize(
    ("index", "says"), [(6, "plant has no place 'bone'"), (5, "no power detector watches 'forward'")]
)
def test_a_place_that_no_part_can_stand_for(index, says, tmp_path):
    data = read("mini_ntc")
    own = {**data["channels"][index][2], "watches": "bone"}
    (tmp_path / "mine.py").write_text(f"BOARD = {changed(data, ('channels', index, 2), own)!r}")
    with pytest.raises(ValueError, match=says):
        Bench(load_board(tmp_path / "mine.py"))
