# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors.

"""Decoders for datapath flows of overlay types."""

from ovs.flow.decoders import decode_flag, decode_int
from ovs.flow.kv import KVDecoders, nested_kv_decoder


def tnl_push_decoders():
    """Returns the decoders of the headers in tnl_push(header(...))."""
    return {
        "nvgre": nested_kv_decoder(KVDecoders({"vsid": decode_int})),
        "tcp": nested_kv_decoder(
            KVDecoders({"src": decode_int, "dst": decode_int})
        ),
        "stt": nested_kv_decoder(KVDecoders({"id": decode_int})),
        "l2tpv3": nested_kv_decoder(
            KVDecoders({
                "session": decode_int,
                "cookie": str,
                "l2_specific": str,
                "seq": str,
                "offset": decode_int,
            })
        ),
    }


def tnl_push_template_decoders():
    """Returns the decoders of the text behind header() in tnl_push()."""
    return {
        "src_port": nested_kv_decoder(
            KVDecoders({"keep": decode_flag, "range": str})
        ),
        "segsz": decode_int,
        "too_big": nested_kv_decoder(
            KVDecoders({
                "icmp": decode_flag,
                "drop": decode_flag,
                "mtu": decode_int,
                "tun_id": decode_int,
                "tenant": decode_int,
                "counters": decode_int,
            })
        ),
    }
