/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_SECRET_HASH_H
#define OVERLAY_SECRET_HASH_H 1

/* A hash for data from the network
 * ================================
 *
 * This is the pair-multiply-shift scheme, which is strongly universal: without
 * the secrets, a sender cannot find words that collide more often than random
 * ones. */

#include <stddef.h>
#include <stdint.h>

/* Returns the hash of the 'n' words in 'words', an even number, with the 'n' +
 * 1 random numbers in 'secrets'. */
static inline uint32_t
secret_hash(const uint64_t secrets[], const uint32_t words[], size_t n)
{
    uint64_t sum = secrets[n];

    /* Callers pass a constant, and hash often. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC unroll 8
#endif
    for (size_t i = 0; i < n; i += 2) {
        sum += (secrets[i] + words[i + 1]) * (secrets[i + 1] + words[i]);
    }
    return sum >> 32;
}

#endif /* overlay/secret-hash.h */
