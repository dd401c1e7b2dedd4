/* Seals of the commands to a sonofuse monitor (protocol.md). Apache-2.0. C99, no allocation.
   Where there is a well-kept HMAC-SHA256 already, use that one instead: sonofuse_seal needs nothing else. */
#ifndef SONOFUSE_SEAL_H
#define SONOFUSE_SEAL_H

#include <string.h>

#include "sonofuse_link.h"

#define SONOFUSE_KEY_BYTES 32
#define SONOFUSE_NONCE_BYTES 8
#define SONOFUSE_MAC_BYTES 16
#define SONOFUSE_SEAL_BYTES (4 + SONOFUSE_MAC_BYTES)

typedef struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} sonofuse_sha256;

/* Takes in one block of 64 bytes (FIPS 180-4, 6.2.2). */
static inline void sonofuse_sha256_block(sonofuse_sha256 *sha, const uint8_t *block) {
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], s[8];
#define SONOFUSE_ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (SONOFUSE_ROTATE(a, 7) ^ SONOFUSE_ROTATE(a, 18) ^ a >> 3) + w[i - 7] +
               (SONOFUSE_ROTATE(b, 17) ^ SONOFUSE_ROTATE(b, 19) ^ b >> 10);
    }
    memcpy(s, sha->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t first = s[7] + (SONOFUSE_ROTATE(e, 6) ^ SONOFUSE_ROTATE(e, 11) ^ SONOFUSE_ROTATE(e, 25)) +
                         ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
        uint32_t second = (SONOFUSE_ROTATE(a, 2) ^ SONOFUSE_ROTATE(a, 13) ^ SONOFUSE_ROTATE(a, 22)) +
                          ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += first;
        s[0] = first + second;
    }
#undef SONOFUSE_ROTATE
    for (int i = 0; i < 8; i++)
        sha->state[i] += s[i];
}

static inline void sonofuse_sha256_begin(sonofuse_sha256 *sha) {
    static const uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, state, sizeof state);
    sha->length = 0;
}

static inline void sonofuse_sha256_add(sonofuse_sha256 *sha, const uint8_t *data, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sha->block[sha->length++ % 64] = data[i];
        if (sha->length % 64 == 0)
            sonofuse_sha256_block(sha, sha->block);
    }
}

static inline void sonofuse_sha256_end(sonofuse_sha256 *sha, uint8_t digest[32]) {
    uint64_t bits = 8 * sha->length;
    uint8_t byte = 0x80;
    do {
        sonofuse_sha256_add(sha, &byte, 1);
        byte = 0;
    } while (sha->length % 64 != 56);
    for (int i = 7; i >= 0; i--) {
        byte = (uint8_t)(bits >> 8 * i);
        sonofuse_sha256_add(sha, &byte, 1);
    }
    for (int i = 0; i < 32; i++)
        digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* HMAC-SHA256 (RFC 2104) of three pieces, one behind the other, with a key of SONOFUSE_KEY_BYTES. */
static inline void sonofuse_hmac(const uint8_t *key, const uint8_t *const piece[3], const size_t n[3],
                                 uint8_t digest[32]) {
    sonofuse_sha256 sha;
    uint8_t padded[64];
    for (int outer = 0; outer < 2; outer++) {
        memset(padded, outer ? 0x5c : 0x36, sizeof padded);
        for (int i = 0; i < SONOFUSE_KEY_BYTES; i++)
            padded[i] ^= key[i];
        sonofuse_sha256_begin(&sha);
        sonofuse_sha256_add(&sha, padded, sizeof padded);
        if (outer)
            sonofuse_sha256_add(&sha, digest, 32);
        else
            for (int i = 0; i < 3; i++)
                sonofuse_sha256_add(&sha, piece[i], n[i]);
        sonofuse_sha256_end(&sha, digest);
    }
}

/* Seals a payload of n bytes in place, which needs room for SONOFUSE_SEAL_BYTES more. The nonce is that of the boot, from
   IDENTITY; the counter is greater than every one before it in this boot. Returns the new length. */
static inline size_t sonofuse_seal(const uint8_t *key, const uint8_t *nonce, uint8_t type, uint32_t counter,
                                   uint8_t *payload, size_t n) {
    uint8_t digest[32];
    sonofuse_put_u32(payload + n, counter);
    const uint8_t *const piece[3] = {nonce, &type, payload};
    const size_t length[3] = {SONOFUSE_NONCE_BYTES, 1, n + 4};
    sonofuse_hmac(key, piece, length, digest);
    memcpy(payload + n + 4, digest, SONOFUSE_MAC_BYTES);
    return n + SONOFUSE_SEAL_BYTES;
}

#endif
