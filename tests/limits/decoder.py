"""Turns the bytes of a limit set back into physical units and compares them with the TOML file.

Shares nothing with the compiler but the layout of firmware/kernel.py: it parses units, solves the sensors' equations
and reads the board file on its own. Each word is claimed with the interval in which it may lie; a word outside
its interval, or that nobody claims, is a finding.
"""

import ast
import hashlib
import math
import struct
import tomllib
import zlib
from pathlib import Path

from sonofuse.layout import FIRMWARE, K

from .sensors import Row, number

IDS = {
    "range": 1, "stale": 2, "stuck": 3, "above": 4, "below": 5, "rise": 6, "rise_off": 7, "pair": 8, "dose": 9,
    "set": 10, "ratio": 11, "idle": 12, "follow": 13,
}  # fmt: skip


class Findings(list):
    """What is wrong with a limit set; `claimed` holds the interval of each word."""

    def __init__(self, words):
        super().__init__()
        self.words, self.claimed = words, {}

    def claim(self, index, lowest, highest, what):
        self.claimed[index] = what
        if not lowest <= self.words[index] <= highest:
            self.append(f"word {index} ({what}) = {self.words[index]}, expected {lowest} to {highest}")

    def below(self, index, first, what, slack=1):
        """A threshold that trips at every metric from `first` up, and not much earlier."""
        top = math.ceil(first - 1e-9) - 1
        self.claim(index, top - slack, top, what)


def read_board(name):
    tree = ast.parse((FIRMWARE / "boards" / f"{name}.py").read_text(encoding="utf-8"))
    return next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))


def unpack(data: bytes) -> tuple[list[int], list[str]]:
    """The words, and what is wrong with their envelope."""
    body, wrong = data[:-36], []
    if zlib.crc32(body) != struct.unpack("<I", data[-36:-32])[0]:
        wrong.append("CRC-32 differs")
    if hashlib.sha256(body).digest() != data[-32:]:
        wrong.append("SHA-256 differs")
    return list(struct.unpack(f"<{len(body) // 4}i", body)), wrong


def audit(data: bytes, path: Path) -> list[str]:
    """Everything in which the bytes differ from the file, or are not on its safe side."""
    file = tomllib.loads(path.read_text(encoding="utf-8"))
    board = read_board(file["limits"]["board"])
    words, wrong = unpack(data)
    found = Findings(words)
    found.extend(wrong)
    count = len(board["channels"])
    if len(words) < K.H_ROWS + count * K.ROW_WORDS:
        return [*found, "too short"]
    rows = {}
    for c, (name, _, settings) in enumerate(board["channels"]):
        start = K.H_ROWS + c * K.ROW_WORDS
        rows[name] = Row(name, settings, board["adc_reference_mv"], file["channel"][name], words, start)
    for row in rows.values():
        _structure(found, row, len(words))
    if found:
        return list(found)  # without sound tables nothing else can be read
    for c, row in enumerate(rows.values()):
        _checks(found, row, rows, c)
    _header(found, file, rows, board)
    _tokens(found, rows)
    found.extend(f"word {i} = {words[i]} belongs to nothing" for i in range(len(words)) if i not in found.claimed)
    return list(found)


def _structure(found, row, size):
    at, sensor = row.start, row.sensor
    lowest, highest = _raw_range(row, sensor)
    found.claim(at + K.R_RAW_MIN, math.ceil(lowest - 1e-6), math.ceil(lowest - 1e-6) + 1, f"{row.name} lowest count")
    # A reading just above the bound shows the step that holds the bound: that step has to be outside.
    step = {"contact": 0, "ad8307": 16, "voltage": 16, "ntc": 16}.get(row.kind, 1)
    top = math.floor(highest + 1e-6) - step
    found.claim(at + K.R_RAW_MAX, top - 1, top, f"{row.name} highest count")
    for field in (K.R_KNOTS, K.R_KNOTS_SHIFT, K.R_KNOTS_RAW0, K.R_KNOTS_N):
        found.claimed[at + field] = f"{row.name} knots"
    if row.kind == "contact":
        found.extend(f"{row.name}: a contact has no knots" for field in (K.R_KNOTS, K.R_KNOTS_N) if row[field])
        found.claim(at + K.R_KNOTS_SHIFT, 0, 0, f"{row.name} shift")
        found.claim(at + K.R_KNOTS_RAW0, 0, 0, f"{row.name} first knot")
        return
    first, shift, raw0, n = (row[f] for f in (K.R_KNOTS, K.R_KNOTS_SHIFT, K.R_KNOTS_RAW0, K.R_KNOTS_N))
    reach = raw0 + ((n - 1) << shift) if 0 <= shift < 16 else -1
    if not (
        first >= K.H_ROWS and n > 1 and first + n <= size and raw0 == row[K.R_RAW_MIN] and reach > row[K.R_RAW_MAX]
    ):
        found.append(f"{row.name}: the knots do not cover the range of the sensor")
        return
    for k in range(n):
        true = row.true(raw0 + (k << shift))
        found.claim(first + k, math.floor(true), math.ceil(true + 1e-6), f"{row.name} knot {k}")


def _raw_range(row, sensor):
    if row.kind == "contact":
        return 0, 1
    low, high = (number(text) for text in sensor["range"])
    if row.kind in ("ad8307", "voltage"):
        return low / row.reference_mv * 65535, high / row.reference_mv * 65535
    top = 65534.0 if row.kind == "ntc" else 32767.0
    falls = row.true(top) < row.true(1.0)
    bounds = []
    for target in (low, high):
        a, b = 0.0, top
        for _ in range(60):
            middle = (a + b) / 2
            a, b = (middle, b) if (row.true(middle) < target) != falls else (a, middle)
        bounds.append((a + b) / 2)
    return sorted(bounds)


def _checks(found, row, rows, index):
    at, table = row.start, row.table
    enabled = {name: IDS[name] for name in IDS if name in table}
    found.claim(at + K.R_CHECKS, *[sum(2**n for n in enabled.values())] * 2, f"{row.name} checks")
    window = table.get("rise_window", 0)
    pair = list(rows).index(table["pair"]["with"]) if "pair" in table else index
    against = list(rows).index(table["ratio"]["to"]) if "ratio" in table else index
    exact = (
        (K.R_RISE_N, window),
        (K.R_PAIR, pair),
        (K.R_RATIO_TO, against),
        (K.R_ENERGY, int(table.get("energy", False))),
    )
    for field, expected in exact:
        found.claim(at + field, expected, expected, f"{row.name} field {field}")
    base = K.INT_MAX
    if "dose" in table:
        base = math.floor(39000 - row.absolute - row.curve()[0])
    found.claim(at + K.R_DOSE_BASE, base - 1 if "dose" in table else 0, base if "dose" in table else 0, "dose base")
    floor = 0
    if "ratio" in table:
        forward = rows[table["ratio"]["to"]]
        floor = math.floor(number(table["ratio"]["floor"]) * forward.low - forward.curve()[0])
    found.claim(at + K.R_RATIO_FLOOR, max(floor - 1, 0), floor, f"{row.name} ratio floor")
    for field in (14, 15):
        found.claim(at + field, 0, 0, f"{row.name} spare")
    for check in range(16):
        name = next((name for name, number_ in enabled.items() if number_ == check), None)
        what = f"{row.name} {name or check}"
        if name is None:
            for field, expected in ((K.R_TRIP, K.INT_MAX), (K.R_WARN, K.INT_MAX), (K.R_DEBOUNCE, 0)):
                found.claim(at + field + check, expected, expected, f"{what} unused")
            continue
        _debounce(found, row, at + K.R_DEBOUNCE + check, table[name].get("debounce"), what)
        _trip(found, row, rows, name, table[name], at + K.R_TRIP + check)
        _warn(found, row, name, table[name].get("warn"), at + K.R_WARN + check, what)


def _debounce(found, row, index, text, what):
    twice = 0
    if text is not None:
        amount = number(text)
        samples = amount if "sample" in text else max(1, math.floor(amount / row.longest + 1e-6))
        twice = int(2 * samples)
    found.claim(index, twice, twice, f"{what} debounce")


def _trip(found, row, rows, name, check, index):
    what = f"{row.name} {name} trip"
    under, over, step = row.curve() if name not in ("range", "stale", "follow") else (0.0, 0.0, 0.0)
    if name == "range":
        found.claim(index, K.INT_MAX, K.INT_MAX, what)
    elif name == "follow":
        found.claim(index, 0, 0, what)
    elif name == "stuck":
        found.below(index, math.floor(number(check["trip"]) / row.longest), what)
    elif name in ("stale", "pair", "dose"):
        found.below(index, number(check["trip"]), what)
    elif name in ("above", "idle"):
        found.below(index, number(check["trip"]) * row.low - row.absolute - under, what)
    elif name == "below":
        limit = 0.0 if check["trip"] == "open" else number(check["trip"])
        found.below(index, -(limit * row.high + row.absolute + over), what)
    elif name in ("rise", "rise_off"):
        found.below(index, _slope(row, number(check["trip"])) - _ripple(row, under + over + step), what)
    elif name == "set":
        found.below(index, math.floor((1 + number(check["trip"])) * row.shares(1000)[0] * 1024), what)
    elif name == "ratio":
        leak = 10 ** (-number(check["directivity"]) / 20)
        gamma = (check["trip"] - 1) / (check["trip"] + 1)
        forward, floor = rows[check["to"]], number(check["floor"])
        lowest = row.shares(max(floor * (gamma - leak) ** 2, 1))[0]
        seen = (gamma - leak) ** 2 / (1 + leak * gamma) ** 2 * lowest / forward.shares(max(floor, 1))[1]
        found.below(index, math.floor(seen * 1024), what)


def _slope(row, rate):
    """The metric of a straight line of so many m°C/s, summed term by term as the kernel does."""
    w, period_s = row.table["rise_window"], row.shortest / 1e6
    return sum((2 * i - w + 1) * rate * period_s * i for i in range(w))


def _ripple(row, error):
    w = row.table["rise_window"]
    return error * sum(weight for i in range(w) if (weight := 2 * i - w + 1) > 0)


def _warn(found, row, name, text, index, what):
    if text is None:
        found.claim(index, K.INT_MAX, K.INT_MAX, f"{what} warn")
    elif name == "ratio":
        found.below(index, math.floor(((text - 1) / (text + 1)) ** 2 * 1024), f"{what} warn")
    elif name == "set":
        found.below(index, math.floor((1 + number(text)) * 1024 + 1e-9), f"{what} warn")
    elif name in ("rise", "rise_off"):
        found.below(index, _slope(row, number(text)), f"{what} warn")
    else:
        found.below(index, -number(text) if name == "below" else number(text), f"{what} warn")


def _header(found, file, rows, board):
    words, top = found.words, file["limits"]
    metered = next(row for row in rows.values() if row.table.get("energy"))
    low, high = metered.shares(1000)
    absolute = number(metered.table["above"]["trip"]) * metered.low - metered.curve()[0]
    gap_ms = number(top["cooling_gap"]) / 1000
    ratio, set_max = math.floor(top["energy_ratio"] * low * 1024), math.floor(absolute / high)
    exact = {
        K.H_MAGIC: K.MAGIC, K.H_VERSION: K.VERSION, K.H_WORDS: len(words), K.H_CHANNELS: len(rows),
        K.H_HOST: int(top["host"] == "required"), K.H_BOARD: zlib.crc32(board["name"].encode()) % 2**30,
        K.H_SPAN_US: 1 << 14, 22: 0, 23: 0,
    }  # fmt: skip
    for index, expected in exact.items():
        found.claim(index, expected, expected, f"header {index}")
    for index, key, slack in (
        (K.H_DEADLINE_US, "deadline", 1), (K.H_MAX_ON_US, "duration", 1), (K.H_OVER_US, "over_run", 1),
    ):  # fmt: skip
        found.below(index, number(top[key]), key, slack)
    found.below(K.H_ENERGY, math.floor(number(top["energy"]) * low * 1e9 / 32768), "energy")
    found.claim(K.H_TICK_US, number(top["tick"]) - 1, number(top["tick"]), "tick")
    found.claim(K.H_SETTLE_US, number(top["settle"]), number(top["settle"]) + 1, "settle")
    found.claim(K.H_RECEIPT_US, number(top["receipt"]) - 1, number(top["receipt"]), "receipt")
    found.claim(K.H_GAP_MS, gap_ms, gap_ms + 1, "cooling gap")
    found.claim(K.H_ENERGY_RATIO, ratio - 1, ratio, "energy ratio")
    found.claim(K.H_SET_MAX_MW, set_max - 1, set_max, "largest set power")
    found.claim(K.H_CRC_BYTES, 4, 32, "bytes of the CRC per tick")
    if words[K.H_CRC_BYTES] % 4:
        found.append("the CRC does not advance by whole words")
    start, n = words[K.H_DOSE], words[K.H_DOSE_N]
    found.claimed |= {K.H_DOSE: "dose table", K.H_DOSE_N: "dose table"}
    if not 120 <= n <= 139 or start + n != len(words):
        found.append(f"the dose table ({n} steps at word {start}) is not at the end of the set")
        return
    for j in range(n):
        edge = 39 + 0.128 * (j + 1)
        rate = (2.0 if edge >= 43 else 4.0) ** (edge - 43) / 60 * 128e-6 * 2**35
        found.claim(start + j, math.floor(rate), math.ceil(rate) + 1, f"dose rate up to {edge:.3f} degC")


def _tokens(found, rows):
    words = found.words
    constants = [words[K.H_TOKEN_STEP], *(row[K.R_TOKEN] for row in rows.values())]
    for index in (K.H_TOKEN_STEP, *(row.start + K.R_TOKEN for row in rows.values())):
        found.claim(index, 1, (1 << 22) - 1, "token constant")
    if len(set(constants)) != len(constants) or any(constant % 2 == 0 for constant in constants):
        found.append("token constants are not distinct odd numbers")
    right = words[K.H_TOKEN_STEP] * (16 + 17 + 18 + 19 + 20)
    right += sum(row[K.R_TOKEN] * sum(IDS[name] for name in IDS if name in row.table) for row in rows.values())
    found.claim(K.H_TOKEN, right % 2**30, right % 2**30, "token")
