"""One channel that leaves its limit, or stays just within it; a stop; a failure of what should be released."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..guarantees.excursion import Excursion
from ..guarantees.g10 import Stop
from ..guarantees.g11 import KINDS, Failure
from ..guarantees.oracle import Oracle
from ..operator import Sonication
from .benches import floats as _floats
from .benches import moments, seeds, tolerances

THERMOMETERS = ("pt100", "ntc")
CONVERTER_FAULTS = ("open", "short", "zeros", "ones")
THERMISTOR_FAULTS = ("open", "short", "zeros", "ones")

# (channel, checks) that no signal of the bench can provoke, and why. A test compares this with the limits file.
NOT_PROVOKED = {
    "stale": "only a MAX31865 can fall silent: the others are converted by the firmware itself (its faults are G2)",
    "range": "the digital input of a contact is 0 or 1",
    "follow": "G11",
}


def excursions(oracle: Oracle, check: str, channel: str = "") -> SearchStrategy[Excursion]:
    """A channel (any if none is named) that leaves its limit of this check, from just beyond to far beyond, at any
    moment.

    Raises:
        KeyError: if nothing here provokes the check.
    """
    return st.one_of([_excursion(*way) for way in _ways(oracle, check) if channel in ("", way[0])])


def within(oracle: Oracle) -> SearchStrategy[Excursion]:
    """A channel that comes near its limit and stays clear of it (Oracle.clear), for one sonication."""
    temperatures, forward = oracle.of_kind(*THERMOMETERS), oracle.watching("forward")
    ways = [
        *((c, "above", 5.0, 35.0) for c in temperatures),
        (forward, "above", 20.0, 112.0),
        (forward, "set", 20.0, 47.0),
        *((c, "below", 10.5, 25.0) for c in temperatures),
        *((c, "below", 1_050.0, 3_000.0) for c in oracle.of_kind("flow")),
        *((c, "pair", -1.99, 1.99) for c in temperatures),
    ]
    slow = {name for name, check in oracle.limits if check == "below" and name in temperatures}  # debounce of seconds

    def one(channel: str, check: str, low: float, high: float) -> SearchStrategy[Excursion]:
        values = _floats(low, max(high, oracle.trip(channel, check)))
        if channel in oracle.of_kind("flow"):
            values = values.map(round).map(float)
        # The absolute limit needs a set point near it: the energy of the sonication has a limit as well.
        set_w = oracle.armable_w(channel) if (channel, check) == (forward, "above") else 40.0
        clear = values.filter(lambda value: oracle.clear(channel, check, value, set_w=set_w))
        plan = st.just(Sonication(set_w, 2.4 if channel in slow else 1.3))
        return st.builds(
            Excursion,
            st.just(channel),
            st.just(check),
            clear,
            moments(),
            plan=plan,
            tolerances=tolerances(),
            seed=seeds(),
        )

    return st.one_of([one(*way) for way in ways if way[:2] in oracle.limits])


def stops() -> SearchStrategy[Stop]:
    """The patient stop opens, with or without bounce."""
    return st.builds(
        Stop,
        moments(25_000, 50_000),
        bounce_us=st.just(0) | st.integers(1, 20_000),
        bounce_period_us=st.integers(50, 3_000),
        tolerances=tolerances(),
        seed=seeds(),
    )


def failures(kind: str) -> SearchStrategy[Failure]:
    """A failure of one kind of g11.KINDS."""
    first_us = 25_000 if KINDS[kind] == "on" else 0
    return st.builds(
        Failure,
        st.just(kind),
        st.integers(0, 1),
        moments(first_us, 250_000),
        watts=_more(0.5, 700.0),
        tolerances=tolerances(),
        seed=seeds(),
    )


def provoked(oracle: Oracle) -> set[tuple[str, str]]:
    """Every (channel, check) for which `excursions` has a way."""
    return {(way[0], way[1]) for check in CHECKS for way in _ways(oracle, check)}


CHECKS = (
    "range", "stale", "stuck", "above", "below", "rise", "rise_off", "pair", "dose", "set", "ratio", "idle", "energy",
    "duration",
)  # fmt: skip
_Way = tuple[str, str, SearchStrategy[float], tuple[str, ...]]  # channel, check, value, faults instead of a value


def _ways(oracle: Oracle, check: str) -> list[_Way]:
    def trip(channel: str) -> float:
        return oracle.trip(channel, check)

    def of(*kinds: str) -> list[str]:
        return [channel for channel in oracle.of_kind(*kinds) if (channel, check) in oracle.limits]

    def up_to(channel: str, highest: float, most: float) -> float:
        """How far beyond its limit a channel can go and stay within its range."""
        return min(most, highest - trip(channel))

    nothing = st.just(0.0)
    match check:
        case "range":
            return _out_of_range(oracle)
        case "stale":
            return [(c, check, nothing, ("halted", "drdy_low")) for c in of("pt100")]
        case "stuck":
            return [(c, check, nothing, ("stuck",)) for c in of(*THERMOMETERS, "ad8307")]
        case "above":
            return [
                *(
                    (c, check, _more(trip(c), up_to(c, oracle.range_of(c)[1] - 1.0, 70.0)), ())
                    for c in of(*THERMOMETERS)
                ),
                *((c, check, _more(trip(c), up_to(c, 0.9 * oracle.highest_w(c), 600.0)), ()) for c in of("ad8307")),
                *((c, check, _more(trip(c), 0.7), ()) for c in of("voltage")),
            ]
        case "below":
            flow = of("flow")
            return [
                *((c, check, _more(trip(c), oracle.range_of(c)[0] - trip(c) + 1.0), ()) for c in of(*THERMOMETERS)),
                *((c, check, _more(trip(c), -1.4), ()) for c in of("voltage")),
                *((c, check, st.integers(0, int(trip(c)) - 1).map(float), ()) for c in flow),
                *((c, check, nothing, ("stuck_high", "stuck_low")) for c in flow),
                *((c, check, nothing, ()) for c in of("contact")),
            ]
        case "rise" | "rise_off":
            return [(c, check, _more(trip(c), 57.0), ()) for c in of(*THERMOMETERS)]
        case "pair":
            # This check has no guard band: two steps of the converters, and of an ADC the noise of both readings.
            apart = {c: _floats(trip(c) + (0.08 if c in of("pt100") else 0.3), 9.0) for c in of(*THERMOMETERS)}
            return [(c, check, kelvin | kelvin.map(lambda k: -k), ()) for c, kelvin in apart.items()]
        case "dose":
            return [(c, check, _floats(48.0, min(70.0, oracle.range_of(c)[1] - 1.0)), ()) for c in of(*THERMOMETERS)]
        case "set":
            return [(c, check, _more(40.0 * (1.0 + trip(c)), 600.0), ()) for c in of("ad8307")]  # of Excursion.plan
        case "ratio":
            return [(c, check, _more(trip(c), 20.0), ()) for c in of("ad8307")]
        case "idle":
            return [(c, check, _more(trip(c), up_to(c, 0.9 * oracle.highest_w(c), 700.0)), ()) for c in of("ad8307")]
        case "energy":
            return [("monitor", check, _floats(50.0, 600.0), ())]
        case "duration":
            return [("monitor", check, nothing, ())]
        case _:
            raise KeyError(check)


def _out_of_range(oracle: Oracle) -> list[_Way]:
    """Every channel of which a reading can be implausible, beyond its range by more than noise and steps."""
    check, nothing = "range", st.just(0.0)
    converted, thermistors = oracle.of_kind("pt100"), oracle.of_kind("ntc")
    power, voltage, flow = oracle.of_kind("ad8307"), oracle.of_kind("voltage"), oracle.of_kind("flow")
    full_v = oracle.board.adc_reference_mv / 1000
    return [
        *((c, check, _outside(oracle, c, -50.0, 300.0), ()) for c in converted),
        *((c, check, nothing, CONVERTER_FAULTS) for c in converted),
        *((c, check, _outside(oracle, c, -50.0, 150.0, _NOISE_K), ()) for c in thermistors),
        *((c, check, nothing, THERMISTOR_FAULTS) for c in thermistors),
        *((c, check, _floats(1.08 * oracle.highest_w(c), 5_000.0), ()) for c in power),
        *((c, check, nothing, ("dead", "zeros", "ones")) for c in power),
        *((c, check, _outside(oracle, c, 0.0, full_v - 0.01, _NOISE_V), ()) for c in voltage),
        *((c, check, nothing, ("zeros", "ones")) for c in voltage),
        *((c, check, st.integers(int(1.025 * oracle.range_of(c)[1]), 8_000).map(float), ()) for c in flow),
    ]


def _excursion(
    channel: str, check: str, value: SearchStrategy[float], faults: tuple[str, ...]
) -> SearchStrategy[Excursion]:
    short = check in ("energy", "duration")
    plan = st.builds(Sonication, st.just(40.0), _floats(0.3, 0.8) if short else st.just(7.0))
    return st.builds(
        Excursion,
        st.just(channel),
        st.just(check),
        value,
        moments(),
        fault=st.sampled_from(faults) if faults else st.just(""),
        plan=plan,
        tolerances=tolerances(),
        seed=seeds(),
    )


_NOISE_V = 0.003  # six standard deviations of a bench's detector noise
_NOISE_K = 0.5  # the same at a thermistor, and a step of the converter, where its curve is flattest


def _more(limit: float, span: float) -> SearchStrategy[float]:
    """From just beyond a limit to a span beyond it, as many draws in each decade."""
    return st.floats(-5.0, 0.0).map(lambda decade: round(limit + span * 10.0**decade, 6))


def _outside(oracle: Oracle, channel: str, lowest: float, highest: float, margin: float = 0.0) -> SearchStrategy[float]:
    """Outside the plausible range by more than a margin; noise must not bring a reading back for a moment."""
    low, high = oracle.range_of(channel)
    return _more(low - margin, lowest - low + margin) | _more(high + margin, highest - high - margin)
