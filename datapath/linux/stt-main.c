// SPDX-License-Identifier: GPL-2.0
/* STT, Stateless Transport Tunneling: draft-davie-stt-08.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * Initialization and exit of the module.  stt-wire.h has the wire format,
 * Kbuild the order in which the files depend on each other.
 */

#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "stt-net.h"
#include "stt-netlink.h"
#include "stt-reasm.h"
#include "stt-xmit.h"

static int __init stt_init_module(void)
{
	int err;

	stt_xmit_init();
	err = stt_reasm_init();
	if (err)
		return err;
	err = register_pernet_subsys(&stt_net_ops);
	if (err)
		goto exit_reasm;
	err = rtnl_link_register(&stt_link_ops);
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&stt_net_ops);
exit_reasm:
	stt_reasm_exit();
	return err;
}
module_init(stt_init_module);

static void __exit stt_exit_module(void)
{
	rtnl_link_unregister(&stt_link_ops);
	unregister_pernet_subsys(&stt_net_ops);
	stt_reasm_exit();
}
module_exit(stt_exit_module);

MODULE_ALIAS_RTNL_LINK("stt");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("STT tunnels for overlay networks");
