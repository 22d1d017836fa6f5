@include "overlay/xlate.h"

# MTU: the MTU of an overlay port is for its inner packets and does not
# limit that of the bridge.
@in find_min_mtu before if (netdev_get_mtu(netdev, &dev_mtu)) {
        if (ovl_owns(netdev)) {
            continue;
        }

# MTU: a new overlay port does not change that of the bridge.  Looking for the
# smallest MTU takes as long as there are ports.
@in update_mtu guard update_mtu_ofproto(p);
    if (!ovl_owns(netdev))

# Geneve options: datapath flows depend on the TLV map.  The function
# called here only causes them to be translated again.
@in handle_tlv_table_mod after tun_metadata_postpone_free(old_tab);
            ofproto->ofproto_class->forward_bpdu_changed(ofproto);
