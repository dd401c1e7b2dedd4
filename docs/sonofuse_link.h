/* Frames of the link of a sonofuse monitor (protocol.md): to bytes and back. Apache-2.0. C99, no allocation. */
#ifndef SONOFUSE_LINK_H
#define SONOFUSE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "sonofuse_frames.h"

/* bytes that a frame with n bytes of payload takes on the line at most, with a zero on either side */
#define SONOFUSE_CODED(n) ((n) + 8 + ((n) + 5) / 254)

static inline uint16_t sonofuse_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

static inline uint32_t sonofuse_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void sonofuse_put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint16_t sonofuse_crc(const uint8_t *data, size_t n) {
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint16_t)(data[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* A frame for the line into SONOFUSE_CODED(n) bytes. Returns their number, 0 if the payload is too long. */
static inline size_t sonofuse_encode(uint8_t type, uint16_t sequence, const uint8_t *payload, size_t n, uint8_t *out) {
    uint8_t frame[SONOFUSE_PAYLOAD_MAX + 5];
    if (n > SONOFUSE_PAYLOAD_MAX)
        return 0;
    frame[0] = type;
    frame[1] = (uint8_t)sequence;
    frame[2] = (uint8_t)(sequence >> 8);
    for (size_t i = 0; i < n; i++)
        frame[3 + i] = payload[i];
    uint16_t crc = sonofuse_crc(frame, n + 3);
    frame[n + 3] = (uint8_t)crc;
    frame[n + 4] = (uint8_t)(crc >> 8);
    size_t end = 1, code_at = end++;
    uint8_t code = 1;
    out[0] = 0;
    for (size_t i = 0; i < n + 5; i++) {
        if (frame[i]) {
            out[end++] = frame[i];
            code++;
        }
        if (frame[i] == 0 || (code == 255 && i + 1 < n + 5)) {
            out[code_at] = code;
            code_at = end++;
            code = 1;
        }
    }
    out[code_at] = code;
    out[end++] = 0;
    return end;
}

/* Undoes that for n bytes before a closing zero, in place: type, sequence, payload. Returns the length of the payload,
   which begins at data + 3, or -1 if they are no frame. */
static inline int sonofuse_decode(uint8_t *data, size_t n) {
    size_t i = 0, end = 0;
    while (i < n) {
        uint8_t code = data[i];
        if (code == 0 || i + code > n)
            return -1;
        i++;
        for (uint8_t k = 1; k < code; k++)
            data[end++] = data[i++];
        if (code < 255 && i < n)
            data[end++] = 0;
    }
    if (end < 5 || sonofuse_crc(data, end - 2) != sonofuse_u16(data + end - 2))
        return -1;
    return (int)end - 5;
}

/* The payload of a RECEIPT for a frame of telemetry: its sequence number, and the digest after its last tick. */
static inline size_t sonofuse_receipt(uint16_t frame, uint32_t digest, uint8_t *payload) {
    payload[SONOFUSE_RECEIPT_FRAME] = (uint8_t)frame;
    payload[SONOFUSE_RECEIPT_FRAME + 1] = (uint8_t)(frame >> 8);
    sonofuse_put_u32(payload + SONOFUSE_RECEIPT_DIGEST, digest);
    return SONOFUSE_RECEIPT_DIGEST + 4;
}

#endif
