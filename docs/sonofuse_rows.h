/* Rows of telemetry of a sonofuse monitor, and its digest (protocol.md). Apache-2.0. C99, no allocation. */
#ifndef SONOFUSE_ROWS_H
#define SONOFUSE_ROWS_H

#include "sonofuse_link.h"

/* One tick. Counts stay where they are: for contact i the bit contacts[i / 8] >> i % 8 & 1, for converter i
   sonofuse_u16(converters + 2 * i), for slow conversion i its channel slow[3 * i] and sonofuse_u16(slow + 3 * i + 1). */
typedef struct {
    uint8_t flags;
    uint8_t changed;      /* 0: nothing but ticks has changed the state */
    uint8_t conversions;  /* slow ones */
    uint32_t elapsed_us;  /* since S_NOW, unless the time is said in full */
    uint32_t now_us, before_us;
    uint32_t set_mw, set_us, energy;
    const uint8_t *contacts, *converters, *slow;
} sonofuse_row;

/* The row at data, of at most n bytes, of a device with so many channels c and a. Returns its length, 0 if it does not
   end there. */
static inline size_t sonofuse_read_row(const uint8_t *data, size_t n, unsigned contacts, unsigned converters,
                                       uint32_t tick_us, sonofuse_row *row) {
    size_t at = 2, bits = (contacts + 7) / 8;
    if (n < 2)
        return 0;
    row->flags = data[0];
    row->conversions = data[0] >> SONOFUSE_ROW_SLOW_SHIFT;
    row->changed = 0;
    row->elapsed_us = row->now_us = row->before_us = row->set_mw = row->set_us = row->energy = 0;
    size_t length = row->flags & SONOFUSE_ROW_TIME ? 9 : data[1] == SONOFUSE_ROW_LONG ? 4 : 2;
    length += row->flags & SONOFUSE_ROW_CHANGED ? 1 : 0;
    length += row->flags & SONOFUSE_ROW_SET ? 12 : 0;
    length += bits + 2 * (size_t)converters + 3 * (size_t)row->conversions;
    if (n < length)
        return 0;
    if (row->flags & SONOFUSE_ROW_TIME) {
        row->now_us = sonofuse_u32(data + 1);
        row->before_us = sonofuse_u32(data + 5);
        at = 9;
    } else if (data[1] == SONOFUSE_ROW_LONG) {
        row->elapsed_us = sonofuse_u16(data + 2);
        at = 4;
    } else {
        row->elapsed_us = data[1] + tick_us - SONOFUSE_ROW_USUAL_BEFORE_US;
    }
    if (row->flags & SONOFUSE_ROW_CHANGED)
        row->changed = data[at++];
    if (row->flags & SONOFUSE_ROW_SET) {
        row->set_mw = sonofuse_u32(data + at);
        row->set_us = sonofuse_u32(data + at + 4);
        row->energy = sonofuse_u32(data + at + 8);
        at += 12;
    }
    row->contacts = data + at;
    row->converters = row->contacts + bits;
    row->slow = row->converters + 2 * converters;
    return length;
}

/* The digest with one more word of the kernel in it. */
static inline uint32_t sonofuse_fold(uint32_t digest, uint32_t word) {
    digest = (digest ^ word) * SONOFUSE_FOLD;
    return digest ^ digest >> 15;
}

#endif
