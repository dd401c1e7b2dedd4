"""One tick of all checks, in integers (docs/kernel.md is the specification).

The constants below declare the layout of limit set, inputs and state for every reader: the host and the Cython build
take them from this file (sonofuse.layout, setup.py), because MicroPython folds `const` only inside one file.
"""

# Viper makes pointers of addresses, and loops that a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportPossiblyUnboundVariable=false

from array import array

from micropython import const

INT_MAX = const(0x3FFFFFFF)  # the largest small integer on the RP2040

# limit set: header words
H_MAGIC = const(0)  # MAGIC
H_VERSION = const(1)  # VERSION
H_WORDS = const(2)  # words of the whole set, header to last table
H_CHANNELS = const(3)
H_TICK_US = const(4)
H_DEADLINE_US = const(5)  # longest time between two ticks
H_SETTLE_US = const(6)  # after a permit change, RF and read-back have followed by then
H_TOKEN = const(7)  # the only token that the permit accepts
H_TOKEN_STEP = const(8)
H_CRC_BYTES = const(9)  # multiple of 4
H_MAX_ON_US = const(10)
H_OVER_US = const(11)
H_ENERGY = const(12)  # units of 2**15 nJ
H_ENERGY_RATIO = const(13)  # energy limit of a sonication over set energy, Q10
H_SPAN_US = const(14)  # longest span over which energy is accumulated
H_DOSE = const(15)  # word offset of the dose table
H_DOSE_N = const(16)
H_GAP_MS = const(17)  # cooling gap
H_HOST = const(18)  # 0 none, 1 required
H_RECEIPT_US = const(19)
H_SET_MAX_MW = const(20)  # the largest set power that ARM accepts
H_BOARD = const(21)  # CRC-32 of the board's name, low 30 bits
H_ROWS = const(24)
MAGIC = const(0x53464E31 & 0x3FFFFFFF)
VERSION = const(1)

# limit set: a row per channel
R_TOKEN = const(0)
R_CHECKS = const(1)
R_RAW_MIN = const(2)
R_RAW_MAX = const(3)
R_KNOTS = const(4)
R_KNOTS_SHIFT = const(5)
R_KNOTS_RAW0 = const(6)
R_KNOTS_N = const(7)
R_RISE_N = const(8)
R_PAIR = const(9)
R_RATIO_TO = const(10)
R_RATIO_FLOOR = const(11)
R_DOSE_BASE = const(12)
R_ENERGY = const(13)
R_TRIP = const(16)
R_WARN = const(32)
R_DEBOUNCE = const(48)
ROW_WORDS = const(64)

# inputs
I_NOW = const(0)
I_ON = const(1)
I_SET_MW = const(2)
I_SET_US = const(3)
I_ENERGY = const(4)
I_RECEIPT_US = const(5)  # since the tick that the host's last receipt answers
I_CHANNELS = const(8)

# state
S_NOW = const(0)
S_STARTED = const(1)
S_TOKEN = const(2)
S_CAUSE = const(3)
S_ON = const(4)
S_MODE_US = const(5)
S_ON_US = const(6)
S_ENERGY_HI = const(7)
S_ENERGY_LO = const(8)
S_CRC_POS = const(9)
S_CRC_HI = const(10)
S_CRC_LO = const(11)
S_CRC_BAD = const(12)
S_WARN = const(13)
S_RAN = const(14)  # like S_TOKEN, over every check that ran, passed or not
S_CHANNELS = const(16)
C_SEQ = const(0)
C_RAW = const(1)
C_VALUE = const(2)
C_VALID = const(3)
C_AGE_US = const(4)
C_SPAN_US = const(5)
C_SAME = const(6)
C_DOSE_HI = const(7)
C_DOSE_LO = const(8)
C_WARN = const(9)
C_RISE_FILL = const(10)
C_RISE_POS = const(11)
C_COUNT = const(16)  # by check id
C_RISE = const(32)  # ring of the last values
RISE_MAX = const(16)
CHANNEL_WORDS = const(48)

# checks (checks.py says what each means)
RANGE = const(1)
STALE = const(2)
STUCK = const(3)
ABOVE = const(4)
BELOW = const(5)
RISE = const(6)
RISE_OFF = const(7)
PAIR = const(8)
DOSE = const(9)
SET = const(10)
RATIO = const(11)
IDLE = const(12)
FOLLOW = const(13)
DEADLINE = const(16)
LIMITS = const(17)
ENERGY = const(18)
DURATION = const(19)
RECEIPT = const(20)
MONITOR = const(255)

# bounds of what the state keeps, well inside a small integer
_TIME_MAX = const(1 << 29)
_AGE_MAX = const(1 << 19)
_SAME_MAX = const(1 << 20)
_LOW = const(0x7FFF)  # low word of dose and energy


@micropython.viper
def _fill(table: ptr32):
    """The CRC-32 (reflected) of every byte, from which `tick` makes that of a word in four steps."""
    half = 0x7FFF
    low31 = (half << 16) | 0xFFFF  # built here: as a constant it would be an object, not a machine word
    half = 0xEDB8
    polynomial = (half << 16) | 0x8320
    byte = 0
    while byte < 256:
        crc = byte
        bits = 8
        while bits:
            crc = ((crc >> 1) & low31) ^ (polynomial & -(crc & 1))
            bits -= 1
        table[byte] = crc
        byte += 1


_crc_of_byte = array("I", [0] * 256)
_fill(_crc_of_byte)


# One function: a call out of viper boxes its arguments and would cost more than the checks of a row. It keeps its first
# three names in registers and every other in memory: so the first two are the pointers that the loop over the channels
# moves on, not the two arrays that they come from.
@micropython.viper
def tick(row: ptr32, own: ptr32, inputs: ptr32) -> int:
    """Run every check once and return the cause (0 = none); the rest of the result is in `state`.

    All three are array('i'): the limit set with its CRC behind it (limitset.load), state and inputs by S_… and I_….
    `row` and `own` begin as the first two, and are what the limit set says of a channel and what is kept of it later.
    Nothing is allocated and no bounds are checked: limitset.load has refused every set that would index outside.
    """
    limits = row
    state = own

    # Where words are wider than 32 bits (a PC) viper loads a negative word as a large positive one: `<< wide >> wide`
    # restores the sign. On the microcontroller wide is 0.
    wide = 1
    wide = ((wide << 31) << 1) >> 27

    # 1. Time
    cause = 0
    token = 0
    step = limits[H_TOKEN_STEP]
    ran = step * DEADLINE
    now = inputs[I_NOW]
    dt = 0
    if state[S_STARTED]:
        dt = (now - state[S_NOW]) & INT_MAX
    else:
        state[S_STARTED] = 1
        state[S_CRC_HI] = 0xFFFF
        state[S_CRC_LO] = 0xFFFF
    state[S_NOW] = now
    longest = limits[H_DEADLINE_US]
    if dt > longest:
        dt = longest
        cause = DEADLINE << 8 | MONITOR
    else:
        token = step * DEADLINE

    # 2. Mode
    on = 0
    if inputs[I_ON]:
        on = 1
    mode_us = 0
    if on == state[S_ON]:
        mode_us = state[S_MODE_US] + dt
        if mode_us > _TIME_MAX:
            mode_us = _TIME_MAX
    else:
        state[S_ON] = on
        if on:
            state[S_ON_US] = 0
            state[S_ENERGY_HI] = 0
            state[S_ENERGY_LO] = 0
    state[S_MODE_US] = mode_us
    settled = 0
    if mode_us >= limits[H_SETTLE_US]:
        settled = 1
    idle = settled & (on ^ 1)
    on_us = state[S_ON_US]
    if on:
        on_us += dt
        if on_us > _TIME_MAX:
            on_us = _TIME_MAX
        state[S_ON_US] = on_us

    # 3. Limit set: a slice of its CRC-32, a word at a time (all supported processors are little-endian)
    crc = (state[S_CRC_HI] << 16) | state[S_CRC_LO]
    table = ptr32(_crc_of_byte)
    low24 = 0xFFFFFF
    at = state[S_CRC_POS] >> 2
    words = limits[H_WORDS]
    end = at + (limits[H_CRC_BYTES] >> 2)
    if end > words:
        end = words
    while at < end:
        crc ^= limits[at]
        at += 1
        crc = ((crc >> 8) & low24) ^ table[crc & 0xFF]
        crc = ((crc >> 8) & low24) ^ table[crc & 0xFF]
        crc = ((crc >> 8) & low24) ^ table[crc & 0xFF]
        crc = ((crc >> 8) & low24) ^ table[crc & 0xFF]
    if at >= words:
        if ((limits[words] ^ crc) & 0xFFFF) != 0xFFFF or (((limits[words] ^ crc) >> 16) & 0xFFFF) != 0xFFFF:
            state[S_CRC_BAD] = 1
        at = 0
        crc = -1
    state[S_CRC_POS] = at << 2
    state[S_CRC_HI] = (crc >> 16) & 0xFFFF
    state[S_CRC_LO] = crc & 0xFFFF
    ran += step * LIMITS
    if state[S_CRC_BAD] == 0:
        token += step * LIMITS
    elif cause == 0:
        cause = LIMITS << 8 | MONITOR

    # 4. Channels
    warned = 0
    channel = 0
    channels = limits[H_CHANNELS]
    source = I_CHANNELS
    oldest_us = _AGE_MAX
    before_channels = ran
    row_at = H_ROWS
    own_at = S_CHANNELS
    row = ptr32(int(limits) + (row_at << 2))
    own = ptr32(int(state) + (own_at << 2))
    while channel < channels:
        checks = row[R_CHECKS]
        age_us = own[C_AGE_US] + dt
        if age_us > oldest_us:
            age_us = oldest_us
        span_us = own[C_SPAN_US] + dt
        if span_us > oldest_us:
            span_us = oldest_us
        before_us = age_us
        sequence = inputs[source]
        if sequence != own[C_SEQ]:
            own[C_SEQ] = sequence
            age_us = 0
            raw = inputs[source + 1]
            same = 0
            if raw == own[C_RAW]:
                same = own[C_SAME] + 1
                if same > _SAME_MAX:
                    same = _SAME_MAX
            own[C_SAME] = same
            own[C_RAW] = raw
            raw = (raw << wide) >> wide
            count = own[C_COUNT + RANGE]
            if raw < row[R_RAW_MIN] or raw > row[R_RAW_MAX]:
                count += 2
                if count > row[R_DEBOUNCE + RANGE]:
                    count = row[R_DEBOUNCE + RANGE]
                own[C_COUNT + RANGE] = count
                own[C_WARN] = 1 << RANGE
            else:
                if count:
                    own[C_COUNT + RANGE] = count - 1
                value = raw
                knot = row[R_KNOTS]
                if knot:
                    shift = row[R_KNOTS_SHIFT]
                    raw -= row[R_KNOTS_RAW0]
                    knot += raw >> shift
                    value = (limits[knot] << wide) >> wide
                    slope = ((limits[knot + 1] << wide) >> wide) - value
                    value += (slope * (raw & ((1 << shift) - 1))) >> shift
                peak = value
                if own[C_VALID]:
                    last = (own[C_VALUE] << wide) >> wide
                    if last > peak:
                        peak = last
                # dose
                if checks & (1 << DOSE):
                    at = (peak - ((row[R_DOSE_BASE] << wide) >> wide)) >> 7
                    if at >= limits[H_DOSE_N]:
                        own[C_DOSE_HI] = INT_MAX
                        own[C_DOSE_LO] = _LOW
                    elif at >= 0:
                        rate = limits[limits[H_DOSE] + at]
                        units = (span_us + 127) >> 7
                        low = (rate & _LOW) * units + own[C_DOSE_LO]
                        add = (rate >> 15) * units + (low >> 15)
                        high = own[C_DOSE_HI]
                        if high > INT_MAX - add:
                            high = INT_MAX
                        else:
                            high += add
                        own[C_DOSE_HI] = high
                        own[C_DOSE_LO] = low & _LOW
                # energy
                if row[R_ENERGY] and peak > 0:
                    units = span_us
                    if units > limits[H_SPAN_US]:
                        units = limits[H_SPAN_US]
                    low = (peak & _LOW) * units + state[S_ENERGY_LO]
                    add = (peak >> 15) * units + (low >> 15)
                    high = state[S_ENERGY_HI]
                    if high > INT_MAX - add:
                        high = INT_MAX
                    else:
                        high += add
                    state[S_ENERGY_HI] = high
                    state[S_ENERGY_LO] = low & _LOW
                own[C_VALUE] = value
                own[C_VALID] = 1
                span_us = 0
                # rise: a least-squares slope over the ring, oldest first
                rise = 0
                window = row[R_RISE_N]
                if window:
                    at = own[C_RISE_POS]
                    own[C_RISE + at] = value
                    at += 1
                    if at >= window:
                        at = 0
                    own[C_RISE_POS] = at
                    fill = own[C_RISE_FILL]
                    if fill < window:
                        fill += 1
                        own[C_RISE_FILL] = fill
                    if fill == window:
                        oldest = (own[C_RISE + at] << wide) >> wide
                        weight = 1 - window
                        while weight < window:
                            rise += weight * (((own[C_RISE + at] << wide) >> wide) - oldest)
                            weight += 2
                            at += 1
                            if at >= window:
                                at = 0
                # metrics, counts and warnings
                warn = 0
                if checks & (1 << STALE) and before_us > row[R_WARN + STALE]:
                    warn = 1 << STALE
                if checks & (1 << STUCK) and same > row[R_WARN + STUCK]:
                    warn |= 1 << STUCK
                if checks & (1 << DOSE) and own[C_DOSE_HI] > row[R_WARN + DOSE]:
                    warn |= 1 << DOSE
                # in any order: most channels have the first ones, and nothing else
                left = (checks & ~(1 << DOSE)) >> ABOVE
                while left:
                    metric = 0
                    if left & (1 << (ABOVE - ABOVE)):
                        check = ABOVE
                        metric = value
                    elif left & (1 << (BELOW - ABOVE)):
                        check = BELOW
                        metric = -value
                    elif left & (1 << (FOLLOW - ABOVE)):
                        check = FOLLOW
                        if settled and value != on:
                            metric = 1
                    elif left & (1 << (IDLE - ABOVE)):
                        check = IDLE
                        if idle:
                            metric = value
                    elif left & (1 << (RISE - ABOVE)):
                        check = RISE
                        metric = rise
                    elif left & (1 << (RISE_OFF - ABOVE)):
                        check = RISE_OFF
                        if idle:
                            metric = rise
                    elif left & (1 << (PAIR - ABOVE)):
                        check = PAIR
                        other = S_CHANNELS + row[R_PAIR] * CHANNEL_WORDS
                        if state[other + C_VALID]:
                            metric = value - ((state[other + C_VALUE] << wide) >> wide)
                            if metric < 0:
                                metric = -metric
                    else:  # SET, RATIO: a quotient, in Q10
                        divisor = 0
                        check = RATIO
                        if left & (1 << (SET - ABOVE)):
                            check = SET
                            if on:
                                divisor = (inputs[I_SET_MW] << wide) >> wide
                                if divisor <= 0:
                                    metric = INT_MAX
                        else:
                            other = S_CHANNELS + row[R_RATIO_TO] * CHANNEL_WORDS
                            if state[other + C_VALID]:
                                divisor = (state[other + C_VALUE] << wide) >> wide
                                if divisor <= row[R_RATIO_FLOOR]:
                                    divisor = 0
                        if divisor > 0 and value > 0:
                            # the processor does not divide: shift and subtract
                            rest = value << 10
                            half = rest >> 1
                            one = 1
                            while divisor <= half:
                                divisor <<= 1
                                one <<= 1
                            while one:
                                if rest >= divisor:
                                    rest -= divisor
                                    metric += one
                                divisor >>= 1
                                one >>= 1
                    count = own[C_COUNT + check]
                    if metric > (row[R_TRIP + check] << wide) >> wide:
                        count += 2
                        if count > row[R_DEBOUNCE + check]:
                            count = row[R_DEBOUNCE + check]
                        own[C_COUNT + check] = count
                    elif count:
                        own[C_COUNT + check] = count - 1
                    if metric > (row[R_WARN + check] << wide) >> wide:
                        warn |= 1 << check
                    left ^= 1 << (check - ABOVE)
                own[C_WARN] = warn
        own[C_AGE_US] = age_us
        own[C_SPAN_US] = span_us
        if own[C_WARN]:
            warned |= 1 << channel

        # Every enabled check, on every tick. Written out, because as a loop it takes
        # twice the time, and it is half of a tick.
        done = 0
        failed = 0
        if checks & (1 << RANGE):
            done += RANGE
            if own[C_VALID]:
                if own[C_COUNT + RANGE] >= row[R_DEBOUNCE + RANGE]:
                    failed |= 1 << RANGE
            else:
                token -= row[R_TOKEN] * RANGE
        if checks & (1 << STALE):
            done += STALE
            if age_us > row[R_TRIP + STALE]:
                failed |= 1 << STALE
        if checks & (1 << STUCK):
            done += STUCK
            if own[C_SAME] > row[R_TRIP + STUCK]:
                failed |= 1 << STUCK
        if checks & (1 << ABOVE):
            done += ABOVE
            if own[C_COUNT + ABOVE] >= row[R_DEBOUNCE + ABOVE]:
                failed |= 1 << ABOVE
        if checks & (1 << BELOW):
            done += BELOW
            if own[C_COUNT + BELOW] >= row[R_DEBOUNCE + BELOW]:
                failed |= 1 << BELOW
        rare = checks >> RISE
        if rare:
            if rare & (1 << (RISE - RISE)):
                done += RISE
                if own[C_COUNT + RISE] >= row[R_DEBOUNCE + RISE]:
                    failed |= 1 << RISE
            if rare & (1 << (RISE_OFF - RISE)):
                done += RISE_OFF
                if own[C_COUNT + RISE_OFF] >= row[R_DEBOUNCE + RISE_OFF]:
                    failed |= 1 << RISE_OFF
            if rare & (1 << (PAIR - RISE)):
                done += PAIR
                if own[C_COUNT + PAIR] >= row[R_DEBOUNCE + PAIR]:
                    failed |= 1 << PAIR
            if rare & (1 << (DOSE - RISE)):
                done += DOSE
                if own[C_DOSE_HI] > row[R_TRIP + DOSE]:
                    failed |= 1 << DOSE
            if rare & (1 << (SET - RISE)):
                done += SET
                if own[C_COUNT + SET] >= row[R_DEBOUNCE + SET]:
                    failed |= 1 << SET
            if rare & (1 << (RATIO - RISE)):
                done += RATIO
                if own[C_COUNT + RATIO] >= row[R_DEBOUNCE + RATIO]:
                    failed |= 1 << RATIO
            if rare & (1 << (IDLE - RISE)):
                done += IDLE
                if own[C_COUNT + IDLE] >= row[R_DEBOUNCE + IDLE]:
                    failed |= 1 << IDLE
            if rare & (1 << (FOLLOW - RISE)):
                done += FOLLOW
                if own[C_COUNT + FOLLOW] >= row[R_DEBOUNCE + FOLLOW]:
                    failed |= 1 << FOLLOW
        ran += row[R_TOKEN] * done
        if failed:
            check = FOLLOW
            while check:
                if failed & (1 << check):
                    token -= row[R_TOKEN] * check
                    first = check
                check -= 1
            if cause == 0:
                cause = first << 8 | channel
        channel += 1
        row = ptr32(int(row) + (ROW_WORDS << 2))
        own = ptr32(int(own) + (CHANNEL_WORDS << 2))
        source += 2
    token += ran - before_channels

    # 5. Whole monitor
    ran += step * (ENERGY + DURATION + RECEIPT)
    energy = state[S_ENERGY_HI]
    if energy <= (inputs[I_ENERGY] << wide) >> wide and energy <= limits[H_ENERGY]:
        token += step * ENERGY
    elif cause == 0:
        cause = ENERGY << 8 | MONITOR
    if on_us > limits[H_MAX_ON_US] or (on and on_us - limits[H_OVER_US] > (inputs[I_SET_US] << wide) >> wide):
        if cause == 0:
            cause = DURATION << 8 | MONITOR
    else:
        token += step * DURATION
    late = (inputs[I_RECEIPT_US] << wide) >> wide
    if on and limits[H_HOST] and (late > limits[H_RECEIPT_US] or late < 0):
        if cause == 0:
            cause = RECEIPT << 8 | MONITOR
    else:
        token += step * RECEIPT

    # 6. Result
    state[S_TOKEN] = token & INT_MAX
    state[S_RAN] = ran & INT_MAX
    state[S_WARN] = warned
    state[S_CAUSE] = cause
    return cause
