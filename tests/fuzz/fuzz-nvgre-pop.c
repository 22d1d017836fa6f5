/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Reception and transmission of NVGRE: fuzz_pop_push_pop(). */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include <netinet/in.h>

#include "overlay/class.h"

static struct netdev *netdev;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    netdev = fuzz_open_port("nvgre0", "nvgre");
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t header[] = { 0x20, 0, 0x65, 0x58, 0x12, 0x34, 0x56, 0 };

    fuzz_pop_push_pop(netdev, OVL_VPORT_nvgre, IPPROTO_GRE, header,
                      sizeof header, 0x123456, false, data, size);
    return 0;
}
