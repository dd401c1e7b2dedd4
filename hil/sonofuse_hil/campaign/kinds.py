"""Which faults a campaign draws, with which parameters, and when. Ranges are this project's choice (D)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sonofuse.board import Board

from ..faults import Fault, Value, get
from ..faults.register import Choice

BEFORE, ONSET, MIDDLE, LATE, GAP = PHASES = ("before RF", "onset of RF", "middle", "end", "gap")
DURING = (ONSET, MIDDLE, LATE)
LASTING = (*DURING, GAP, BEFORE)  # what breaks and stays broken can do so at any time
ENDING = (*DURING, GAP)  # what ends in a reset
POWER, PERMIT = "power", "permit"


@dataclass(frozen=True)
class Kind:
    """A fault as it is drawn.

    `ranges`: of each parameter with a unit, in base units: low and high, and perhaps low and high of a second range. A
    parameter that is one of some words is drawn from all of them. `shown_by`: it shows while there is POWER only, or
    while a PERMIT is given only; "" where it always does. `passes`: it is over by itself before the next permit.
    `until_reset`: a reset ends it, as it does all that a RESET answers. `compared`: its bound comes from the other
    sensor of a pair, which has to be right, and as warm. `uneven`: it warms the two places of one unequally.
    `slow`: its bound is seconds, so that it is drawn seldom. `alone`: never beside another fault. `signals`: what it
    changes, besides the channel that it names or needs.
    """

    phases: tuple[str, ...] = DURING
    ranges: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    shown_by: str = ""
    passes: bool = False
    until_reset: bool = False
    compared: bool = False
    uneven: bool = False
    slow: bool = False
    alone: bool = False
    signals: tuple[str, ...] = ()


def _between(**ranges: tuple[float, ...]) -> dict[str, tuple[float, ...]]:
    return ranges


_POWERS = ("forward", "reflected")
KINDS: dict[str, Kind] = {
    # sensors
    "sensor_open": Kind(LASTING),
    "sensor_short": Kind(LASTING),
    "sensor_line": Kind(LASTING),
    "sensor_silent": Kind(LASTING),
    "sensor_stuck": Kind(DURING, slow=True),
    "sensor_offset": Kind(DURING, _between(offset=(-20.0, -4.0, 4.0, 20.0)), compared=True),
    "sensor_drift": Kind(DURING, _between(rate=(-5.0, -0.5, 0.5, 5.0)), slow=True, compared=True),
    "sensor_noise": Kind(DURING, _between(noise=(0.5, 5.0))),
    "rf_interference": Kind(LASTING, _between(bias=(-10.0, -4.0, 4.0, 10.0)), shown_by=POWER, compared=True),
    "detached_sensor": Kind((*DURING, BEFORE), _between(air=(15.0, 35.0))),
    "slow_sensor": Kind((*DURING, BEFORE), _between(lag=(2.0, 60.0))),
    "swapped_sensors": Kind((BEFORE,)),
    "wrong_sensor": Kind((BEFORE,), _between(resistance=(0.1, 0.97, 1.02, 10.0))),
    "flow_lost": Kind(DURING, _between(flow=(0.0, 0.9)), slow=True, signals=("flow",)),
    "flow_meter_stuck": Kind(DURING, slow=True, signals=("flow",)),
    "flow_meter_lies": Kind((*DURING, BEFORE), signals=("flow",)),
    "warm_water": Kind(DURING, _between(temperature=(26.0, 40.0)), slow=True, signals=("water",)),
    # RF
    "overpower": Kind((*DURING, GAP), _between(power=(150.0, 300.0)), shown_by=POWER, signals=_POWERS),
    "power_error": Kind((*DURING, GAP), _between(error=(0.35, 2.0)), shown_by=POWER, signals=_POWERS),
    "lost_coupling": Kind((*DURING, GAP), _between(coupling=(0.0, 0.4)), shown_by=POWER, signals=_POWERS),
    "reflected_rise": Kind((*DURING, GAP), _between(reflection=(0.25, 1.0)), shown_by=POWER, signals=_POWERS),
    "open_load": Kind((*DURING, GAP), shown_by=POWER, signals=_POWERS),
    "interface_heating": Kind((*DURING, GAP), _between(share=(0.2, 1.0)), shown_by=POWER),
    "focus_on_skin": Kind((*DURING, GAP), _between(part=(0.1, 1.0)), shown_by=POWER, uneven=True),
    "detector_dead": Kind(LASTING),
    "detector_drift": Kind(DURING, _between(error=(-6.0, -2.0, 2.0, 6.0), within=(0.05, 1.0)), shown_by=POWER),
    "reference_error": Kind(LASTING, _between(error=(-0.05, -0.01, 0.01, 0.05)), signals=_POWERS),
    "stuck_gate": Kind(DURING),
    "welded_relay": Kind((*DURING, GAP)),
    # controller, timing, supply
    "hung_firmware": Kind(ENDING),
    "firmware_raises": Kind(ENDING),
    "runaway": Kind(ENDING),
    "stack_overflow": Kind(ENDING),
    "interrupt_storm": Kind(ENDING),
    "blocked_bus": Kind(DURING),
    "late_tick": Kind(DURING, _between(late=(0.003, 0.05)), shown_by=PERMIT, passes=True),
    "memory_bit": Kind(DURING, _between(where=(0.0, 1.0), bit=(0.0, 31.0)), until_reset=True, alone=True),
    "kernel_bit": Kind((MIDDLE, LATE), _between(bit=(0.0, 29.0)), shown_by=PERMIT, passes=True, alone=True),
    "slow_clock": Kind(DURING, _between(by=(-0.15, -0.04, 0.04, 0.15)), slow=True, alone=True),
    "output_dead": Kind((*DURING, GAP), shown_by=PERMIT),
    "broken_relay": Kind((*DURING, GAP), shown_by=PERMIT),
    "readback_stuck": Kind((*DURING, GAP), shown_by=PERMIT),
    "reset_pin": Kind(ENDING),
    "power_loss": Kind(ENDING, _between(off=(0.05, 1.0))),
    "brown_out": Kind(LASTING, _between(supply=(0.0, 4.4))),
    "overvoltage": Kind(LASTING, _between(supply=(5.6, 20.0))),
    "watchdog_dead": Kind((BEFORE, *DURING)),
    "counter_wrap": Kind((BEFORE,), _between(after=(0.2, 8.0))),
    "damaged_firmware": Kind((BEFORE,), alone=True),
    "damaged_limits": Kind((BEFORE,), alone=True),
    "altered_firmware": Kind((BEFORE,), alone=True),
    "wider_limits": Kind((BEFORE,), alone=True),
    # link, host, people
    "unplugged": Kind((*DURING, GAP), shown_by=PERMIT),
    "line_noise": Kind(DURING, _between(rate=(0.000_01, 0.05))),
    "flood": Kind(DURING, _between(every=(0.005, 0.05))),
    "truncated_frames": Kind(DURING, _between(every=(0.1, 1.0))),
    "reordered_frames": Kind(DURING),
    "stale_frames": Kind(DURING, _between(late=(0.26, 1.0)), shown_by=PERMIT),
    "console_hung": Kind((*DURING, GAP), shown_by=PERMIT),
    "console_restarts": Kind(DURING, _between(off=(0.001, 1.0)), shown_by=PERMIT, passes=True),
    "nobody_there": Kind(DURING),
    "out_of_range_command": Kind((BEFORE,), _between(power=(130.0, 2000.0), duration=(41.0, 600.0))),
    "replayed_commands": Kind((BEFORE,), _between(after=(0.02, 1.0))),
    "impatient_operator": Kind((BEFORE,), _between(every=(0.005, 0.2))),
    "patient_stop": Kind(LASTING),
}
SLOW_SHARE = 0.3  # of the weight of another kind
PAIRS = (  # the double faults of the catalogue: 3+15, 17+46, 33+29
    ("sensor_stuck", "overpower"),
    ("stuck_gate", "console_hung"),
    ("watchdog_dead", "runaway"),
)


def available(board: Board | None, names: Sequence[str] = ()) -> list[str]:
    """The names of what is drawn on a board: whatever it can show, of `names` if there are any."""
    wanted = names or tuple(KINDS)
    return [name for name in KINDS if name in wanted and (board is None or not get(name).covered_nowhere(board))]


def weights(names: Sequence[str]) -> list[float]:
    """The weight of each kind in a draw."""
    return [SLOW_SHARE if KINDS[name].slow else 1.0 for name in names]


def words(fault: Fault, name: str, board: Board | None) -> list[str]:
    """The words of a parameter that a board can show."""
    kind = fault.parameters[name]
    assert isinstance(kind, Choice)
    if board is None or name not in ("channel", "other"):
        return list(kind.words)
    shown = [word for word in kind.words if not fault.uncovered(board, {"channel": word})]
    return shown or list(kind.words)


def touches(values: Mapping[str, Value], fault: Fault) -> set[str]:
    """The signals that a fault spoils: two faults of one are no pair, since one of them covers the other."""
    named = {str(values[name]) for name in ("channel", "other", "switch") if name in values}
    return named | ({fault.needs} - {""}) | set(KINDS[fault.name].signals)


MOST_PARAMETERS = max(len(get(name).parameters) for name in KINDS)
