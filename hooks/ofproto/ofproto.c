@include "overlay/xlate.h"

# MTU: that of an overlay port is that of its inner packets, and none of
# the bridge's business.
@in find_min_mtu before if (netdev_get_mtu(netdev, &dev_mtu)) {
        if (ovl_owns(netdev)) {
            continue;
        }

# Geneve options: datapath flows depend on the TLV map.  All that this
# function does is to have them translated again.
@in handle_tlv_table_mod after tun_metadata_postpone_free(old_tab);
            ofproto->ofproto_class->forward_bpdu_changed(ofproto);
