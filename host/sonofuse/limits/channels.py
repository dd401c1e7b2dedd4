"""Reads one channel of a limits file: its sensor and its checks."""

from sonofuse.board import Board, BoardChannel
from sonofuse.limits.declared import HAZARDS
from sonofuse.limits.kinds import KINDS, KindType
from sonofuse.limits.model import Channel, Check, Sensor, Uncertainty
from sonofuse.limits.problems import did_you_mean
from sonofuse.limits.schema import ALWAYS, FORMS, Form
from sonofuse.limits.table import Table
from sonofuse.limits.units import example


def read_channel(rows: Table, wired: BoardChannel, board: Board) -> Channel | None:
    """The channel, without the checks that have problems; None if its sensor cannot be read."""
    table = rows.table(wired.name, "a table")
    if table is None:
        return None
    energy = table.flag("energy")
    window = table.whole("rise_window", 0, required=False) or 0
    inner = table.table("sensor", f"a table [channel.{wired.name}.sensor]")
    kind = None if inner is None else _kind(inner, wired, board)
    sensor = None if inner is None or kind is None else _sensor(inner, kind)
    checks: list[Check] = []
    for name, form in FORMS.items():
        entry = table.table(name, f"a table [channel.{wired.name}.{name}]", required=name in ALWAYS)
        if entry is not None and kind is not None:
            check = _check(entry, name, form, kind, sensor)
            if check is not None:
                checks.append(check)
    table.done()
    return None if sensor is None else Channel(wired.name, sensor, tuple(checks), energy, window)


def _kind(table: Table, wired: BoardChannel, board: Board) -> KindType | None:
    name = table.choice("kind", KINDS)
    if name is None:
        return None
    kind = KINDS[name]
    if kind.of(board, wired) is None:
        fitting = [other for other, found in KINDS.items() if found.of(board, wired) is not None]
        table.note(
            "kind", f"the board reads this channel with {wired.driver!r}", f"accepted here: {', '.join(fitting)}"
        )
        return None
    return kind


def _sensor(table: Table, kind: KindType) -> Sensor | None:
    bounds: tuple[float, float] | None = (0.0, 1.0)
    uncertainty: Uncertainty | None = Uncertainty()
    if kind.range_unit:
        bounds = table.pair("range", kind.range_unit, least=None if kind.range_unit == "temperature" else 0.0)
        uncertainty = _uncertainty(table, kind)
    lag, spans = table.quantity("lag", "time"), table.pair("conversion", "time", least=1e-6)
    noise, source = table.quantity("noise", "counts"), table.text("source", "where these figures come from")
    table.done()
    if not table.sound or None in (bounds, uncertainty, lag, spans, noise, source):
        return None
    assert bounds and uncertainty and spans and source and lag is not None and noise is not None
    return Sensor(kind.name, uncertainty, lag, *spans, noise, *bounds, source)


def _uncertainty(table: Table, kind: KindType) -> Uncertainty | None:
    found = table.either("uncertainty", *kind.uncertainty_units)
    if found is None:
        return None
    amount, dimension = found
    if dimension == "level":
        if amount >= 10:
            table.note("uncertainty", "is too large to measure with", "below 10 dB")
            return None
        return Uncertainty(0.0, 10 ** (-amount / 10), 10 ** (amount / 10))
    if dimension == "share":
        if amount >= 0.5:
            table.note("uncertainty", "is too large to measure with", "below 50 %")
            return None
        return Uncertainty(0.0, 1 - amount, 1 / (1 - amount))
    return Uncertainty(amount)


def _check(table: Table, name: str, form: Form, kind: KindType, sensor: Sensor | None) -> Check | None:
    if form.quantities and kind.quantity not in form.quantities:
        fitting = [key for key, other in FORMS.items() if not other.quantities or kind.quantity in other.quantities]
        wrong = f"a {kind.quantity} channel has no such check"
        table.findings.add(table.path, None, wrong, f"accepted here: {', '.join(fitting)}")
        return None
    trip = _limit(table, "trip", form, kind) if form.unit else None
    warns = form.warns and not (name == "below" and kind.quantity == "contact")
    warn = _limit(table, "warn", form, kind, required=False) if warns else None
    samples = _debounce(table, sensor) if form.debounced else 0
    partner = table.text(form.partner, "the name of another channel") if form.partner else None
    floor = table.quantity("floor", "power") if form.floor else None
    directivity = table.quantity("directivity", "level") if form.floor else None
    hazards = _hazards(table)
    source = table.text("source", "where this limit comes from")
    reaction = table.quantity("max_reaction", "time")
    table.done()
    if not table.sound or samples is None or source is None or reaction is None:
        return None
    return Check(name, warn, trip, samples, hazards, source, reaction, partner, floor, directivity)


def _limit(table: Table, key: str, form: Form, kind: KindType, required: bool = True) -> float | None:
    match form.unit:
        case "ratio":
            return table.ratio(key, 1.0, required)
        case "value" if kind.quantity == "contact":
            return None if table.choice(key, ("open",)) is None else 0.0
        case "value":
            least = None if kind.quantity == "temperature" else 0.0
            return table.quantity(key, kind.quantity, least=least, required=required)
        case "apart":
            unit = "difference" if kind.quantity == "temperature" else kind.quantity
            return table.quantity(key, unit, required=required)
        case unit:
            return table.quantity(key, unit, required=required)


def _debounce(table: Table, sensor: Sensor | None) -> int | None:
    """N conversions; a time is rounded down over the longest conversion, so that N of them are never slower."""
    found = table.either("debounce", "samples", "time")
    if found is None:
        return None
    amount, dimension = found
    if amount <= 0:
        table.note("debounce", "must be more than zero", example("samples", "time"))
        return None
    if dimension == "time":
        return 1 if sensor is None or sensor.longest_s <= 0 else max(1, int(min(amount / sensor.longest_s + 1e-9, 1e6)))
    if amount != int(amount) or amount > 1e6:
        table.note("debounce", "must be a whole number of conversions", example("samples", "time"))
        return None
    return int(amount)


def _hazards(table: Table) -> tuple[str, ...]:
    value = table.text("hazard", 'one or more of H1 to H10, "sensor", "hardware"')
    words = tuple((value or "").split())
    for word in words:
        if word not in HAZARDS:
            table.note("hazard", f"{word!r} is no hazard", did_you_mean(word, HAZARDS))
    return words
