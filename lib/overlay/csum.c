/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Checksums.  In a TCP-like tunnel, the outer checksum covers the whole
 * packet.  Unless a device computes it, both ends spend most of their time
 * here. */

#include <config.h>

#include "overlay/csum.h"

#include <string.h>

#include "csum.h"

/* Returns the ones' complement sum of 'a' and 'b'. */
static inline uint64_t
add_with_carry(uint64_t a, uint64_t b)
{
    a += b;
    return a + (a < b);
}

/* Does the work of csum_continue() in larger steps: adds the 'n' bytes at
 * 'data' to the ones' complement sum 'partial' (RFC 1071).  The result is less
 * than 0x20000. */
uint32_t
ovl_csum_continue(uint32_t partial, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t sum = partial;
    uint64_t w[2];
    uint32_t w4;
    uint16_t w2;

    for (; n >= sizeof w; n -= sizeof w, p += sizeof w) {
        memcpy(w, p, sizeof w);
        sum = add_with_carry(sum, w[0]);
        sum = add_with_carry(sum, w[1]);
    }
    if (n & 8) {
        memcpy(w, p, 8);
        sum = add_with_carry(sum, w[0]);
        p += 8;
    }
    if (n & 4) {
        memcpy(&w4, p, 4);
        sum = add_with_carry(sum, w4);
        p += 4;
    }
    if (n & 2) {
        memcpy(&w2, p, 2);
        sum = add_with_carry(sum, w2);
        p += 2;
    }
    if (n & 1) {
        w2 = 0;
        memcpy(&w2, p, 1);
        sum = add_with_carry(sum, w2);
    }

    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    return (sum & UINT16_MAX) + (sum >> 16);
}
