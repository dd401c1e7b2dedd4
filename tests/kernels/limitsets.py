"""Limit sets built word by word, without the compiler: for tests that must not share its mistakes."""

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load

Pick = Callable[[int, int], int]  # an integer from the first to the second, both included: seeded, or hypothesis


@dataclass(frozen=True)
class Check:
    """One enabled check: beyond `trip` for `debounce` conversions in a row fails, beyond `warn` warns."""

    trip: int
    warn: int
    debounce: int = 1


@dataclass(frozen=True)
class Row:
    """One channel of a hand-made limit set."""

    checks: dict[int, Check] = field(default_factory=dict)
    token: int = 1
    raw_min: int = 0
    raw_max: int = 65535
    knots: tuple[int, ...] = ()
    knots_shift: int = 0
    knots_raw0: int = 0
    rise_n: int = 0
    pair: int = 0
    ratio_to: int = 0
    ratio_floor: int = 0
    dose_base: int = 0
    energy: int = 0


HEADER = {
    K.H_MAGIC: K.MAGIC,
    K.H_VERSION: K.VERSION,
    K.H_TICK_US: 1000,
    K.H_DEADLINE_US: 3000,
    K.H_SETTLE_US: 2500,
    K.H_TOKEN_STEP: 7919,
    K.H_CRC_BYTES: 20,
    K.H_MAX_ON_US: 40_000_000,
    K.H_OVER_US: 500_000,
    K.H_ENERGY: 91_552_734,
    K.H_ENERGY_RATIO: 1126,
    K.H_SPAN_US: 1 << 14,
    K.H_HOST: 1,
    K.H_RECEIPT_US: 250_000,
    K.H_SET_MAX_MW: 96_000,
}


def cem43_rates(steps: int) -> tuple[int, ...]:
    """Dose per 128 us in units of 2**-35 CEM43 minutes, for steps of 128 m°C from 39 °C, at the upper edge.

    R is 0.5 at and above 43 °C and 0.25 below (domain: CEM43, source: Sapareto and Dewey's rule).
    """
    rates: list[int] = []
    for step in range(steps):
        celsius = 39 + (step + 1) * 0.128
        ratio = 0.5 if celsius >= 43 else 0.25
        rates.append(min(int(128e-6 / 60 * ratio ** (43 - celsius) * 2**35) + 1, int(K.INT_MAX)))
    return tuple(rates)


def build(rows: Sequence[Row], dose: Sequence[int] = (), **header: int) -> bytes:
    """The stored form of a limit set.

    Args:
        rows: one per channel.
        dose: the dose table.
        header: words that differ from `HEADER`, by their name (H_SETTLE_US=0).
    """
    fixed = dict(HEADER) | {getattr(K, name): value for name, value in header.items()}
    tables: list[int] = []
    first_table = K.H_ROWS + len(rows) * K.ROW_WORDS
    body: list[int] = []
    token = sum(fixed[K.H_TOKEN_STEP] * check for check in (K.DEADLINE, K.LIMITS, K.ENERGY, K.DURATION, K.RECEIPT))
    for row in rows:
        words = [0] * K.ROW_WORDS
        words[K.R_TOKEN] = row.token
        words[K.R_CHECKS] = sum(1 << check for check in row.checks)
        words[K.R_RAW_MIN], words[K.R_RAW_MAX] = row.raw_min, row.raw_max
        if row.knots:
            words[K.R_KNOTS] = first_table + len(tables)
            words[K.R_KNOTS_SHIFT], words[K.R_KNOTS_RAW0] = row.knots_shift, row.knots_raw0
            words[K.R_KNOTS_N] = len(row.knots)
            tables += row.knots
        words[K.R_RISE_N], words[K.R_PAIR] = row.rise_n, row.pair
        words[K.R_RATIO_TO], words[K.R_RATIO_FLOOR] = row.ratio_to, row.ratio_floor
        words[K.R_DOSE_BASE], words[K.R_ENERGY] = row.dose_base, row.energy
        for number, check in row.checks.items():
            words[K.R_TRIP + number], words[K.R_WARN + number] = check.trip, check.warn
            words[K.R_DEBOUNCE + number] = 2 * check.debounce
        token += row.token * sum(row.checks)
        body += words
    fixed |= {K.H_CHANNELS: len(rows), K.H_TOKEN: token % (1 << 30)}
    fixed |= {K.H_DOSE: first_table + len(tables), K.H_DOSE_N: len(dose)}
    tables += dose
    fixed[K.H_WORDS] = first_table + len(tables)
    head = [fixed.get(word, 0) for word in range(K.H_ROWS)]
    return seal(struct.pack(f"<{fixed[K.H_WORDS]}i", *head, *body, *tables))


def seal(words: bytes) -> bytes:
    """Words with their CRC-32 and SHA-256 behind them."""
    return words + struct.pack("<I", zlib.crc32(words)) + hashlib.sha256(words).digest()


def every_check() -> bytes:
    """Seven channels that between them enable every check, with a value for every count of a threshold."""
    skin = Row(
        checks={
            K.RANGE: Check(0, 0, 2),
            K.STALE: Check(60_000, 40_000),
            K.STUCK: Check(200, 150),
            K.ABOVE: Check(41_000, 39_000, 2),
            K.BELOW: Check(-5_000, -8_000, 3),
            K.RISE: Check(4_501, 1_500, 3),
            K.RISE_OFF: Check(3_003, 1_001, 2),
            K.PAIR: Check(2_000, 1_000, 4),
            K.DOSE: Check(2 << 20, 1 << 20),
        },
        token=1009, raw_min=900, raw_max=60_000, rise_n=8, pair=1, dose_base=39_000,
    )  # fmt: skip
    second_skin = Row(
        checks=skin.checks | {K.ABOVE: Check(41_000, 39_000, 1)},
        token=2003, raw_min=1024, raw_max=62_463, knots=tuple(i * 1000 - 7 * i * i for i in range(61)), knots_shift=10,
        knots_raw0=1024, rise_n=5, pair=0, dose_base=38_500,
    )  # fmt: skip
    forward = Row(
        checks={
            K.RANGE: Check(0, 0, 1),
            K.STALE: Check(3_000, 2_000),
            K.ABOVE: Check(60_000, 55_000, 2),
            K.SET: Check(1_228, 1_126, 2),
            K.IDLE: Check(500, 100, 3),
        },
        token=3001, raw_min=1, raw_max=65_534, energy=1,
    )  # fmt: skip
    reflected = Row(
        checks={K.RANGE: Check(0, 0, 1), K.RATIO: Check(188, 41, 2), K.STUCK: Check(3, 1)},
        token=(1 << 25) + 5, ratio_to=2, ratio_floor=5_000,
    )  # fmt: skip
    contact = Row(
        checks={K.RANGE: Check(0, 0, 1), K.FOLLOW: Check(0, 0, 2), K.BELOW: Check(-1, 0, 2)}, token=5003, raw_max=1
    )
    sparse = Row(  # without RANGE, and each check without its neighbour
        checks={K.RISE: Check(7, -5, 2), K.PAIR: Check(0, 1, 2), K.SET: Check(1_023, 1_000, 2),
                K.FOLLOW: Check(1, 0, 2)},
        token=6007, raw_max=50_000, rise_n=3, pair=2,
    )  # fmt: skip
    sparser = Row(
        checks={K.STUCK: Check(9, 5), K.DOSE: Check(1, 0), K.RISE_OFF: Check(0, 1, 1), K.RATIO: Check(1_023, 2_047, 2)},
        token=7001, raw_min=5, raw_max=40_000, rise_n=2, ratio_to=0, dose_base=39_000,
    )  # fmt: skip
    rows = (skin, second_skin, forward, reflected, contact, sparse, sparser)
    return build(rows, cem43_rates(200), H_ENERGY=3000, H_CRC_BYTES=8)


def drawn(pick: Pick) -> bytes:
    """Any limit set that keeps the rules of docs/kernel.md, of one to four channels."""
    count = pick(1, 4)
    dose = tuple(pick(0, K.INT_MAX) >> pick(0, 29) for _ in range(pick(1, 12)))
    rows = [_drawn_row(pick, count) for _ in range(count)]
    return build(
        rows,
        dose,
        H_DEADLINE_US=pick(1000, 9000),
        H_SETTLE_US=pick(0, 6000),
        H_TOKEN_STEP=pick(1, 1 << 25),
        H_CRC_BYTES=4 * pick(1, 30),
        H_MAX_ON_US=pick(0, 100_000),
        H_OVER_US=pick(0, 10_000),
        H_HOST=pick(0, 1),
        H_RECEIPT_US=pick(0, 300_000),
        H_ENERGY=pick(0, 2000),
        H_SPAN_US=pick(1, 1 << 14),
    )


def _drawn_row(pick: Pick, count: int) -> Row:
    shift = pick(4, 12)
    raw0 = pick(0, 2000)
    knots = tuple(pick(-60_000, 90_000) for _ in range(pick(2, 9))) if pick(0, 1) else ()
    last = raw0 + ((len(knots) - 1) << shift) - 1 if knots else 65_535
    raw_min = pick(raw0, min(last, 65_535)) if pick(0, 1) else raw0
    raw_max = pick(raw_min, min(last, 65_535))
    window = pick(0, 16)
    checks: dict[int, Check] = {}
    for check in range(K.RANGE, K.FOLLOW + 1):
        if pick(0, 2):
            low, high = _SPANS.get(check, (-60_000, 90_000))
            checks[check] = Check(pick(low, high), pick(low, high), pick(1, 5))
    return Row(
        checks=checks, token=pick(1, 1 << 25), raw_min=raw_min, raw_max=raw_max, knots=knots, knots_shift=shift,
        knots_raw0=raw0, rise_n=window, pair=pick(0, count - 1), ratio_to=pick(0, count - 1),
        ratio_floor=pick(0, 30_000), dose_base=pick(-10_000, 60_000), energy=pick(0, 1),
    )  # fmt: skip


_SPANS = {  # where a trip or warn of a check is worth drawing
    K.RANGE: (0, 0),
    K.STALE: (0, 40_000),
    K.STUCK: (0, 6),
    K.RISE: (-2_000_000, 3_000_000),
    K.RISE_OFF: (-2_000_000, 3_000_000),
    K.PAIR: (0, 90_000),
    K.DOSE: (0, K.INT_MAX),
    K.SET: (0, 5_000),
    K.RATIO: (0, 5_000),
    K.FOLLOW: (0, 1),
}


@cache
def shipped() -> bytes:
    """The limit set of the shipped limits file, by the compiler."""
    return compile_limits(load(SHIPPED))


@cache
def thermistors() -> bytes:
    """The same of the second board: curves that fall with the count, and one that rises."""
    return compile_limits(load(SHIPPED.with_name("mini_ntc.toml")))


KNOWN: dict[str, Callable[[], bytes]] = {"every_check": every_check, "shipped": shipped, "thermistors": thermistors}
