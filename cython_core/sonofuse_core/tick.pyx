"""One tick of all checks in C integers: docs/kernel.md a second time, compiled.

All arithmetic is in 64 bits, so that no 32-bit input can overflow it. Limit sets that would index outside their words
were refused by `limit_set.validate`.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t

include "layout.pxi"


cdef void accumulate(int32_t* sum, int64_t rate, int64_t units) noexcept nogil:
    """Add rate * units to a (high, low) pair; low has 15 bits, high saturates."""
    cdef int64_t low = (rate & 0x7FFF) * units + sum[1]
    cdef int64_t high = sum[0] + (rate >> 15) * units + (low >> 15)
    sum[0] = <int32_t>min(high, INT_MAX)
    sum[1] = <int32_t>(low & 0x7FFF)


cdef bint slice_is_bad(const int32_t* L, int32_t* S) noexcept nogil:
    """Run the CRC-32 over the next slice of the limit set; True if this slice ended a set that is damaged."""
    cdef uint32_t crc = (<uint32_t>S[S_CRC_HI] << 16) | <uint32_t>S[S_CRC_LO]
    cdef int at = S[S_CRC_POS] >> 2
    cdef int end = min(at + (L[H_CRC_BYTES] >> 2), L[H_WORDS])
    cdef bint bad = False
    while at < end:
        crc ^= <uint32_t>L[at]
        at += 1
        for _ in range(32):
            crc = (crc >> 1) ^ (0xEDB88320u if crc & 1 else 0u)
    if at == L[H_WORDS]:
        bad = ~crc != <uint32_t>L[at]
        at = 0
        crc = 0xFFFFFFFFu
    S[S_CRC_POS] = at << 2
    S[S_CRC_HI] = crc >> 16
    S[S_CRC_LO] = crc & 0xFFFF
    return bad


cdef int64_t convert(const int32_t* L, const int32_t* row, int32_t raw) noexcept nogil:
    """The value of a raw count within range: a line between two knots."""
    cdef int64_t above
    cdef const int32_t* knot
    if row[R_KNOTS] == 0:
        return raw
    above = raw - row[R_KNOTS_RAW0]
    knot = L + row[R_KNOTS] + (above >> row[R_KNOTS_SHIFT])
    above &= (1 << row[R_KNOTS_SHIFT]) - 1
    return knot[0] + (((<int64_t>knot[1] - knot[0]) * above) >> row[R_KNOTS_SHIFT])


cdef int64_t rise(const int32_t* row, int32_t* C, int64_t value) noexcept nogil:
    """Put a value into the ring; the slope's metric, 0 until the ring is full."""
    cdef int window = row[R_RISE_N], i
    cdef int64_t total = 0, oldest
    if window == 0:
        return 0
    C[C_RISE + C[C_RISE_POS]] = <int32_t>value
    C[C_RISE_POS] = (C[C_RISE_POS] + 1) % window
    if C[C_RISE_FILL] < window:
        C[C_RISE_FILL] += 1
    if C[C_RISE_FILL] < window:
        return 0
    oldest = C[C_RISE + C[C_RISE_POS]]
    for i in range(window):
        total += (2 * i - (window - 1)) * (C[C_RISE + (C[C_RISE_POS] + i) % window] - oldest)
    return total


cdef int64_t metric_of(
    int check, const int32_t* row, const int32_t* S, const int32_t* C, const int32_t* I, int64_t slope, bint settled
) noexcept nogil:
    """What a debounced check of a channel compares with its limits."""
    cdef int64_t value = C[C_VALUE], scaled = max(value, 0) * 1024
    cdef bint idle = settled and S[S_ON] == 0
    cdef const int32_t* other
    if check == ABOVE:
        return value
    if check == BELOW:
        return -value
    if check == RISE:
        return slope
    if check == RISE_OFF:
        return slope if idle else 0
    if check == PAIR:
        other = S + S_CHANNELS + row[R_PAIR] * CHANNEL_WORDS
        if not other[C_VALID]:
            return 0
        return max(value - other[C_VALUE], other[C_VALUE] - value)
    if check == SET:
        if S[S_ON] == 0:
            return 0
        return scaled // I[I_SET_MW] if I[I_SET_MW] > 0 else INT_MAX
    if check == RATIO:
        other = S + S_CHANNELS + row[R_RATIO_TO] * CHANNEL_WORDS
        return scaled // other[C_VALUE] if other[C_VALID] and other[C_VALUE] > row[R_RATIO_FLOOR] else 0
    if check == IDLE:
        return value if idle else 0
    return settled and value != S[S_ON]  # FOLLOW


cdef void new_conversion(
    const int32_t* L, const int32_t* row, int32_t* S, int32_t* C, const int32_t* I, int32_t raw, bint settled
) noexcept nogil:
    """Take in one conversion: value, dose, energy, and the count and warning of every check."""
    cdef int64_t value, peak, at, metric, slope
    cdef int32_t age_us = C[C_AGE_US]
    cdef int check
    C[C_AGE_US] = 0
    C[C_SAME] = min(C[C_SAME] + 1, 1 << 20) if raw == C[C_RAW] else 0
    C[C_RAW] = raw
    if raw < row[R_RAW_MIN] or raw > row[R_RAW_MAX]:
        C[C_COUNT + RANGE] = min(C[C_COUNT + RANGE] + 2, row[R_DEBOUNCE + RANGE])
        C[C_WARN] = 1 << RANGE
        return
    C[C_COUNT + RANGE] = max(C[C_COUNT + RANGE] - 1, 0)
    value = convert(L, row, raw)
    peak = max(value, <int64_t>C[C_VALUE]) if C[C_VALID] else value
    if row[R_CHECKS] & (1 << DOSE):
        at = (peak - row[R_DOSE_BASE]) >> 7
        if at >= L[H_DOSE_N]:
            C[C_DOSE_HI] = INT_MAX
            C[C_DOSE_LO] = 0x7FFF
        elif at >= 0:
            accumulate(C + C_DOSE_HI, L[L[H_DOSE] + at], (C[C_SPAN_US] + 127) >> 7)
    if row[R_ENERGY]:
        accumulate(S + S_ENERGY_HI, max(peak, 0), min(C[C_SPAN_US], L[H_SPAN_US]))
    C[C_VALUE] = <int32_t>value
    C[C_VALID] = 1
    C[C_SPAN_US] = 0
    slope = rise(row, C, value)
    C[C_WARN] = 0
    for check in range(STALE, FOLLOW + 1):
        if not row[R_CHECKS] & (1 << check):
            continue
        if check == STALE:
            metric = age_us
        elif check == STUCK:
            metric = C[C_SAME]
        elif check == DOSE:
            metric = C[C_DOSE_HI]
        else:
            metric = metric_of(check, row, S, C, I, slope, settled)
            if metric > row[R_TRIP + check]:
                C[C_COUNT + check] = min(C[C_COUNT + check] + 2, row[R_DEBOUNCE + check])
            else:
                C[C_COUNT + check] = max(C[C_COUNT + check] - 1, 0)
        if metric > row[R_WARN + check]:
            C[C_WARN] |= 1 << check


cdef bint fails(int check, const int32_t* row, const int32_t* C) noexcept nogil:
    """Whether an enabled check of a channel fails on this tick."""
    if check == STALE:
        return C[C_AGE_US] > row[R_TRIP + check]
    if check == STUCK:
        return C[C_SAME] > row[R_TRIP + check]
    if check == DOSE:
        return C[C_DOSE_HI] > row[R_TRIP + check]
    return C[C_COUNT + check] >= row[R_DEBOUNCE + check]


cdef int tick_core(const int32_t* L, int32_t* S, const int32_t* I) noexcept nogil:
    """Limit set, state and inputs as words; the cause, 0 for none. `S` holds the rest of the result."""
    cdef int64_t dt = 0, deadline = L[H_DEADLINE_US]
    cdef uint32_t token = 0, ran = 0, step = L[H_TOKEN_STEP]
    cdef int32_t on = I[I_ON] != 0
    cdef int cause = 0, channel, check
    cdef bint settled
    cdef const int32_t* row
    cdef int32_t* C

    if S[S_STARTED]:
        dt = (<int64_t>I[I_NOW] - S[S_NOW]) & INT_MAX
    else:
        S[S_STARTED] = 1
        S[S_CRC_HI] = S[S_CRC_LO] = 0xFFFF
    S[S_NOW] = I[I_NOW]
    ran += step * DEADLINE
    if dt > deadline:
        dt = deadline
        cause = DEADLINE * 256 + MONITOR
    else:
        token += step * DEADLINE

    if on == S[S_ON]:
        S[S_MODE_US] = <int32_t>min(S[S_MODE_US] + dt, 1 << 29)
    else:
        S[S_ON] = on
        S[S_MODE_US] = 0
        if on:
            S[S_ON_US] = S[S_ENERGY_HI] = S[S_ENERGY_LO] = 0
    if on:
        S[S_ON_US] = <int32_t>min(S[S_ON_US] + dt, 1 << 29)
    settled = S[S_MODE_US] >= L[H_SETTLE_US]

    if slice_is_bad(L, S):
        S[S_CRC_BAD] = 1
    ran += step * LIMITS
    if S[S_CRC_BAD] == 0:
        token += step * LIMITS
    elif cause == 0:
        cause = LIMITS * 256 + MONITOR

    S[S_WARN] = 0
    for channel in range(L[H_CHANNELS]):
        row = L + H_ROWS + channel * ROW_WORDS
        C = S + S_CHANNELS + channel * CHANNEL_WORDS
        C[C_AGE_US] = <int32_t>min(C[C_AGE_US] + dt, 1 << 19)
        C[C_SPAN_US] = <int32_t>min(C[C_SPAN_US] + dt, 1 << 19)
        if I[I_CHANNELS + 2 * channel] != C[C_SEQ]:
            C[C_SEQ] = I[I_CHANNELS + 2 * channel]
            new_conversion(L, row, S, C, I, I[I_CHANNELS + 2 * channel + 1], settled)
        if C[C_WARN]:
            S[S_WARN] |= 1 << channel
        for check in range(RANGE, FOLLOW + 1):
            if not row[R_CHECKS] & (1 << check):
                continue
            ran += <uint32_t>row[R_TOKEN] * check
            if check == RANGE and not C[C_VALID]:
                continue
            if not fails(check, row, C):
                token += <uint32_t>row[R_TOKEN] * check
            elif cause == 0:
                cause = check * 256 + channel

    ran += step * ENERGY
    if S[S_ENERGY_HI] <= I[I_ENERGY] and S[S_ENERGY_HI] <= L[H_ENERGY]:
        token += step * ENERGY
    elif cause == 0:
        cause = ENERGY * 256 + MONITOR
    ran += step * DURATION
    if S[S_ON_US] > L[H_MAX_ON_US] or (on and S[S_ON_US] > <int64_t>I[I_SET_US] + L[H_OVER_US]):
        if cause == 0:
            cause = DURATION * 256 + MONITOR
    else:
        token += step * DURATION
    ran += step * RECEIPT
    if on and L[H_HOST] and not 0 <= I[I_RECEIPT_US] <= L[H_RECEIPT_US]:
        if cause == 0:
            cause = RECEIPT * 256 + MONITOR
    else:
        token += step * RECEIPT

    S[S_TOKEN] = token & INT_MAX
    S[S_RAN] = ran & INT_MAX
    S[S_CAUSE] = cause
    return cause
