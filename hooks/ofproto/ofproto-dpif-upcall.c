@include "ofproto-dpif-overlay.h"

# Why: counts packets of tunnels that no port is for, each in the userspace
# datapath, and the first in the kernel's, which gets a flow.
@in upcall_receive before if (error) {
        ovl_xlate_no_port(error, backer->dpif, flow, 1);

# Why: and those that came by this flow.
@in xlate_key before if (error) {
    ovl_xlate_no_port(error, udpif->dpif, &ctx->flow, push->n_packets);

# Why: that flow has no entry here until it is dumped,
@in struct udpif_key before bool ufid_present;             /* True if 'ufid' is in datapath. */
    bool dumped;                   /* Just found, without actions. */

# Why: the same.
@in ukey_create__ before ukey->ufid_present = ufid_present;
    ukey->dumped = false;

# Why: the same.
@in ukey_create_from_dpif_flow before return 0;
    (*ukey)->dumped = !flow->actions_len;

# Why: and its packets count when it is deleted, after that, unless there is a
# cache, which would be empty.
@in revalidate_ukey before if (result != UKEY_DELETE) {
    if (ukey->dumped) {
        ukey->dumped = false;
        if (result == UKEY_DELETE && ukey->xcache) {
            xlate_cache_delete(ukey->xcache);
            ukey->xcache = NULL;
        }
    }
