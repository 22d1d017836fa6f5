/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Reception and transmission of EtherIP: fuzz_pop_push_pop(). */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include <netinet/in.h>

#include "overlay/class.h"

static struct netdev *netdev;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    netdev = fuzz_open_port("etherip0", "etherip");
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t header[] = { 0x30, 0 };

    fuzz_pop_push_pop(netdev, OVL_VPORT_etherip, 97, header,
                      sizeof header, 0, true, data, size);
    return 0;
}
