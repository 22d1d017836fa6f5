/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Options: lines of "key=value" are the options of a port, and other_config.
 * Those that a port accepts must come back from it as options that another
 * port accepts and that mean the same. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "ovs-router.h"
#include "seq.h"
#include "smap.h"
#include "tnl-provider.h"

static struct netdev *netdev, *netdev2;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    /* For the route to remote_ip. */
    tnl_conf_seq = seq_create();
    ovs_router_init();

    netdev = fuzz_open_port("stt0", "stt");
    netdev2 = fuzz_open_port("stt1", "stt");
    return 0;
}

/* Sets the options of 'dev' to 'options'.  Returns true if they are fine. */
static bool
set_config(struct netdev *dev, const struct smap *options)
{
    char *error = NULL;
    bool ok;

    ok = !netdev_set_config(dev, options, &error);
    ovs_assert(!ok || !error);
    free(error);
    return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct smap options = SMAP_INITIALIZER(&options);
    struct smap got = SMAP_INITIALIZER(&got);
    struct smap got2 = SMAP_INITIALIZER(&got2);
    char *save_ptr = NULL;

    for (char *line = strtok_r(text, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        char *value = strchr(line, '=');

        if (value) {
            *value++ = '\0';
            smap_replace(&options, line, value);
        }
    }

    tnl_set_global_config(&options);
    if (set_config(netdev, &options)) {
        ovs_assert(!netdev_get_config(netdev, &got));
        ovs_assert(set_config(netdev2, &got));
        ovs_assert(!netdev_get_config(netdev2, &got2));
        ovs_assert(smap_equal(&got, &got2));
    }

    smap_destroy(&options);
    smap_destroy(&got);
    smap_destroy(&got2);
    free(text);
    return 0;
}
