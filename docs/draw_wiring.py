"""Draws docs/wiring.svg: python docs/draw_wiring.py. Pins are those of the board file and of the signal firmware."""

from html import escape
from pathlib import Path

from sonofuse.board import Board, load_board
from sonofuse_hil.platforms.board.wire import PINS

TARGET = Path(__file__).with_name("wiring.svg")
WIDTH, HEIGHT = 1500, 1240
_RF, _SENSE, _PERMIT, _STOP, _LINK = "#b3261e", "#1d5fa8", "#7a4b00", "#8a1c7c", "#2e6b2e"
_PITCH = 46
_CHIP_X, _CHIP_W = 580, 270


class Drawing:
    """Shapes in the order in which they are drawn."""

    def __init__(self) -> None:
        self._shapes: list[str] = []

    def box(self, x: float, y: float, w: float, h: float, lines: list[str], colour: str = "#333") -> None:
        """A part, its first line in bold, all centred."""
        self._shapes.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4" fill="#fff" stroke="{colour}" stroke-width="1.6"/>'
        )
        top = y + h / 2 - 8.5 * (len(lines) - 1) + 4.5
        for number, line in enumerate(lines):
            self.text(x + w / 2, top + 17 * number, line, "middle", bold=number == 0)

    def text(self, x: float, y: float, line: str, anchor: str = "start", *, bold: bool = False, size: int = 13) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self._shapes.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}"{weight}>{escape(line)}</text>'
        )

    def wire(self, colour: str, *points: tuple[float, float], arrow: bool = False, dashed: bool = False) -> None:
        """A line through points, with an arrow at its end if a signal goes that way."""
        path = " ".join(f"{x},{y}" for x, y in points)
        end = f' marker-end="url(#{colour[1:]})"' if arrow else ""
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self._shapes.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{end}{dash}/>')

    def contact(self, x: float, y: float, name: str, *, closed: bool, colour: str) -> None:
        """A contact in a horizontal wire, 50 wide, drawn at rest."""
        tip = y - 2 if closed else y - 14
        self.wire(colour, (x, y), (x + 10, y))
        self.wire(colour, (x + 10, y), (x + 42, tip))
        self.wire(colour, (x + 40, y), (x + 50, y))
        self._shapes.append(f'<circle cx="{x + 10}" cy="{y}" r="2.5" fill="{colour}"/>')
        self._shapes.append(f'<circle cx="{x + 40}" cy="{y}" r="2.5" fill="{colour}"/>')
        self.text(x + 25, y - 20, name, "middle", size=12)

    def svg(self) -> str:
        colours = (_RF, _SENSE, _PERMIT, _STOP, _LINK)
        arrows = "".join(
            f'<marker id="{c[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{c}"/></marker>'
            for c in colours
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'font-family="DejaVu Sans, Arial, sans-serif" fill="#111">\n<defs>{arrows}</defs>\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(self._shapes) + "\n</svg>\n"
        )


def _pin(board: Board, channel: str, setting: str = "pin") -> str:
    return f"GP{board.channels[board.index(channel)].settings[setting]}"


def _pins(board: Board, setting: str) -> str:
    return " ".join(_pin(board, c.name, setting) for c in board.channels if c.driver == "max31865")


def _inputs(d: Drawing, board: Board, top: float) -> None:
    """Left of the monitor: what it senses, one row each."""
    spi = " ".join(f"GP{board.pins[name]}" for name in ("spi_miso", "spi_sck", "spi_mosi"))
    rows: list[tuple[list[str], list[str], str, str]] = [
        (["forward", "coupler −50 dB"], ["AD8307", "52.3 Ω in, 1 kΩ 10 nF out"], _pin(board, "forward"), _RF),
        (["reflected", "coupler −50 dB"], ["AD8307", "52.3 Ω in, 1 kΩ 10 nF out"], _pin(board, "reflected"), _RF),
        (["3.3 V"], ["1 kΩ, LM4040-2.0", "2.048 V"], _pin(board, "reference"), _SENSE),
        (["3.3 V (on the Pico)"], ["200 Ω, LM4040-3.0", "3.000 V"], "ADC_VREF", _SENSE),
        (["4 × PT100", "4 wires each"], ["4 × MAX31865", "430 Ω 0.1 %"], f"SPI0 {spi}", _SENSE),
        ([], [], f"CS {_pins(board, 'cs')}", _SENSE),
        ([], [], f"DRDY {_pins(board, 'drdy')}", _SENSE),
        (["flow turbine", "open collector"], ["10 kΩ to 3.3 V", "1 kΩ, 1 nF"], _pin(board, "flow"), _SENSE),
        (["5 V supply"], ["TPS3700", "4.47 V … 5.45 V"], _pin(board, "supply"), _SENSE),
        (["jumper"], ["to ground", "at boot: REPL"], f"GP{board.pins['service']}", _SENSE),
    ]
    for number, (source, part, pin, colour) in enumerate(rows):
        y = top + 20 + _PITCH * number
        if source:
            d.box(30, y - 19, 160, 38, source, colour)
            d.box(250, y - 19, 210, 38, part, colour)
            d.wire(colour, (190, y), (250, y), arrow=True)
            d.wire(colour, (460, y), (_CHIP_X, y), arrow=True)
        else:
            way = ((_CHIP_X, y), (800 - 80 * number, y), (800 - 80 * number, top + 20 + _PITCH * 4 + 19))
            d.wire(colour, *(way if number == 5 else way[::-1]), arrow=True)
        d.text(_CHIP_X + 8, y + 5, pin)


def _permit(d: Drawing, board: Board, top: float) -> None:
    """Right of the monitor: both switches, from pin to coil."""
    right = _CHIP_X + _CHIP_W
    for number, (name, use) in enumerate((("permit", "PIO0"), ("second", "PIO1"))):
        y = top + 20 + 2 * _PITCH * number
        d.text(right - 8, y + 5, f"{use} GP{board.pins[name]}", "end")
        d.wire(_PERMIT, (right, y), (900, y), arrow=True)
        d.box(900, y - 30, 170, 60, ["charge pump", "27 nF, BAT54S,", "100 nF ‖ 33 kΩ"], _PERMIT)
        d.wire(_PERMIT, (1070, y), (1110, y), arrow=True)
        d.box(1110, y - 30, 120, 60, ["TLV3012", "above 1.242 V"], _PERMIT)
        d.wire(_PERMIT, (1230, y), (1270, y), arrow=True)
        d.box(1270, y - 30, 80, 60, [f"Q{number + 1}", "2N7002"], _PERMIT)
        d.wire(_PERMIT, (1350, y), (1390, y), arrow=True)
        d.box(1390, y - 30, 80, 60, [f"K{number + 1}", "G6S-2 5 V", "10 V clamp"], _PERMIT)
    for number, name in enumerate(("permit_readback", "second_readback")):
        y = top + 20 + _PITCH * (4 + number)
        d.text(right - 8, y + 5, _pin(board, name), "end")
        d.wire(_PERMIT, (900, y), (right, y), arrow=True)
        d.text(905, y + 5, "1 kΩ")
        d.wire(_PERMIT, (945, y), (1000, y))
        d.contact(1000, y, f"K{number + 1}, second pole", closed=False, colour=_PERMIT)
        d.wire(_PERMIT, (1050, y), (1120, y))
        d.text(1126, y + 5, "3.3 V")


def _stop(d: Drawing, board: Board, top: float) -> None:
    """The stop loop feeds both coils; the interlock of the generator goes through both relays."""
    right, y = _CHIP_X + _CHIP_W, top + 20 + _PITCH * 7
    d.text(right - 8, y + 5, _pin(board, "stop_loop"), "end")
    d.box(900, y - 19, 170, 38, ["10 kΩ / 18 kΩ, 1 nF", "5 V → 3.2 V"], _STOP)
    d.wire(_STOP, (900, y), (right, y), arrow=True)
    d.wire(_STOP, (1486, y), (1070, y), arrow=True)
    above = y + 58
    d.text(905, above + 5, "5 V, fused")
    d.wire(_STOP, (985, above), (1040, above))
    d.contact(1040, above, "patient stop (NC)", closed=True, colour=_STOP)
    d.wire(_STOP, (1090, above), (1190, above))
    d.contact(1190, above, "E-stop (NC)", closed=True, colour=_STOP)
    d.wire(_STOP, (1240, above), (1486, above), (1486, top + 20), (1470, top + 20), arrow=True)
    d.wire(_STOP, (1486, top + 20 + 2 * _PITCH), (1470, top + 20 + 2 * _PITCH), arrow=True)
    rf = above + 62
    d.box(905, rf - 22, 175, 44, ["RF generator", "interlock loop, 24 V"], _RF)
    d.wire(_RF, (1080, rf - 8), (1140, rf - 8))
    d.contact(1140, rf - 8, "K1", closed=False, colour=_RF)
    d.wire(_RF, (1190, rf - 8), (1250, rf - 8))
    d.contact(1250, rf - 8, "K2", closed=False, colour=_RF)
    d.wire(_RF, (1300, rf - 8), (1360, rf - 8), (1360, rf + 12), (1080, rf + 12))


def _link(d: Drawing, board: Board, top: float) -> None:
    right, y = _CHIP_X + _CHIP_W, top + 20 + _PITCH * 11
    d.text(right - 8, y + 5, f"TX GP{board.pins['uart_tx']}   RX GP{board.pins['uart_rx']}", "end")
    d.wire(_LINK, (right, y), (905, y))
    d.box(905, y - 22, 150, 44, ["ISO7721", "isolator"], _LINK)
    d.wire(_LINK, (1055, y), (1125, y))
    d.box(1125, y - 22, 180, 44, ["TTL-232R-3V3", "921 600 baud, USB"], _LINK)
    d.wire(_LINK, (1305, y), (1375, y))
    d.box(1375, y - 22, 95, 44, ["host", "--port"], _LINK)
    y += _PITCH + 8
    d.text(right - 8, y + 5, f"GP{board.pins['buzzer']}", "end")
    d.wire(_SENSE, (right, y), (905, y), arrow=True)
    d.box(905, y - 19, 150, 38, ["buzzer", "2N7002, 5 V"], _SENSE)


def _signal_board(d: Drawing, top: float) -> None:
    """The second board: the same pin number on both is a wire."""
    d.box(_CHIP_X, top, _CHIP_W, 400, [], "#111")
    d.text(_CHIP_X + _CHIP_W / 2, top + 20, "Raspberry Pi Pico", "middle", bold=True, size=14)
    right = _CHIP_X + _CHIP_W
    left: list[tuple[str, list[str], str, bool]] = [
        (
            f"GP{PINS.FORWARD} GP{PINS.REFLECTED} GP{PINS.REFERENCE}",
            ["SN74LVC3G34 at 3.000 V", "2 × RC, 100 µs"],
            _RF,
            True,
        ),
        (f"GP{PINS.FLOW}", ["flow pulses"], _SENSE, True),
        (f"GP{PINS.STOP_LOOP} GP{PINS.SUPPLY}", ["stop loop, supply good"], _STOP, True),
        (
            f"GP{PINS.PERMIT_READBACK} GP{PINS.SECOND_READBACK}",
            ["read-backs (or read", "from real relays)"],
            _PERMIT,
            True,
        ),
        (f"GP{PINS.PERMIT} GP{PINS.SECOND}", ["permit, second:", "stamped by PIO"], _PERMIT, False),
        (f"GP{PINS.BUZZER}", ["buzzer: stamped by PIO"], _SENSE, False),
    ]
    for number, (pin, what, colour, out) in enumerate(left):
        y = top + 62 + 57 * number
        d.text(_CHIP_X + 8, y + 5, pin)
        d.box(330, y - 22, 200, 44, what, colour)
        d.wire(colour, *(((_CHIP_X, y), (530, y)) if out else ((530, y), (_CHIP_X, y))), arrow=True)
        d.wire(colour, *(((330, y), (210, y)) if out else ((210, y), (330, y))), arrow=True)
        d.text(270, y - 7, "330 Ω", "middle", size=12)
        d.text(200, y + 5, "same pins", "end")
    d.text(40, top + 20, "to the monitor", bold=True)
    warm = f"GP{PINS.WARM} … GP{PINS.WARM + 3}"
    opens = f"GP{PINS.OPEN_SKIN_A} GP{PINS.OPEN_SKIN_B} GP{PINS.OPEN_TRANSDUCER} GP{PINS.OPEN_WATER}"
    rows: list[tuple[str, list[str], list[str]]] = [
        (
            warm,
            ["ULN2803A", "relay WARM × 4"],
            ["in place of each PT100:", "107 Ω + 11 Ω; WARM at rest shorts the 11 Ω"],
        ),
        (opens, ["ULN2803A", "relay OPEN × 4"], ["OPEN at rest closes the wire", ""]),
        (f"GP{PINS.RUN}", ["2N7002", "open drain"], ["RUN of the monitor", ""]),
        (f"GP{PINS.CUT}", ["2N7002, relay", "closed at rest"], ["5 V of the monitor", ""]),
        (f"GP{PINS.MARKER}", ["nothing"], ["turns over with every change of outputs,", "stamped by PIO"]),
        (
            "USB",
            ["host"],
            [
                "--signal-port; or UART0 GP0 GP1 by an isolator",
                f"(jumper GP{PINS.ON_UART}). Service jumper GP{PINS.SERVICE}: REPL",
            ],
        ),
    ]
    for number, (pin, part, what) in enumerate(rows):
        y = top + 62 + 57 * number
        d.text(right - 8, y + 5, pin, "end")
        d.wire(_LINK if pin == "USB" else _SENSE, (right, y), (900, y), arrow=pin != "USB")
        d.box(900, y - 22, 150, 44, part, _LINK if pin == "USB" else _SENSE)
        d.text(1066, y - (4 if what[1] else -5), what[0])
        d.text(1066, y + 14, what[1])


def draw() -> str:
    """The whole sheet."""
    board = load_board("rev_a")
    d = Drawing()
    d.text(30, 36, "Monitor, Rev A", bold=True, size=20)
    d.text(200, 36, "drawn at rest: no permit, no power in the coils. Not built, not measured.", size=14)
    top = 76
    d.box(_CHIP_X, top - 22, _CHIP_W, 645, [], "#111")
    d.text(_CHIP_X + _CHIP_W / 2, top + 610, "Raspberry Pi Pico", "middle", bold=True, size=14)
    _inputs(d, board, top)
    _permit(d, board, top)
    _stop(d, board, top)
    _link(d, board, top)
    d.wire("#999999", (30, 752), (1470, 752))
    d.text(30, 790, "Signal board", bold=True, size=20)
    d.text(
        180,
        790,
        "takes the place of everything that the monitor senses; a wire joins pins of the same number.",
        size=14,
    )
    _signal_board(d, 815)
    return d.svg()


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
