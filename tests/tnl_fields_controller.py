#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Program tunnel fields with os-ken, an OpenFlow controller.

usage: tnl_fields_controller.py VERSION PORT

Listens on TCP port PORT for a switch that speaks OpenFlow VERSION (1.3 or
1.5).  Adds flows and reads them back.  Prints a line with "flow" and the match
for each flow that it gets, and "packet-in" and the tunnel fields for each
packet-in.  os-ken does not know our fields.  They are declared here, as for
any experimenter (OpenFlow 1.3.5, section 7.2.3.3).
"""

import sys

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import (CONFIG_DISPATCHER, MAIN_DISPATCHER,
                                       set_ev_cls)
from os_ken.lib import hub
from os_ken.ofproto import (ofproto_v1_3, ofproto_v1_5, ofproto_v1_3_parser,
                            ofproto_v1_5_parser, oxm_fields)
from os_ken import cfg
from os_ken.lib import type_desc

FIELDS = ('tun_metadata_present', 'tun_tp_src', 'tun_tp_dst')


class OverlayExperimenter(oxm_fields._Experimenter):
    experimenter_id = 0x00024f56


def declare_fields(ofproto):
    """Adds our fields to the fields of os-ken's module 'ofproto'."""
    ofproto.oxm_types += [
        OverlayExperimenter('tun_metadata_present', 1, type_desc.Int8),
        OverlayExperimenter('tun_tp_src', 2, type_desc.Int2),
        OverlayExperimenter('tun_tp_dst', 3, type_desc.Int2),
    ]
    oxm_fields.generate(ofproto.__name__)


class Controller(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION, ofproto_v1_5.OFP_VERSION]

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def on_features(self, event):
        dp = event.msg.datapath
        ofp, parser = dp.ofproto, dp.ofproto_parser

        def add(priority, actions, **match):
            instruction = parser.OFPInstructionActions(
                ofp.OFPIT_APPLY_ACTIONS, actions)
            dp.send_msg(parser.OFPFlowMod(
                dp, priority=priority, instructions=[instruction],
                match=parser.OFPMatch(**match)))

        to_us = parser.OFPActionOutput(ofp.OFPP_CONTROLLER, 0xffff)
        add(9, [to_us], tun_metadata_present=(0x1, 0x3))
        add(8, [to_us], tun_metadata_present=0, tun_tp_src=5000)
        add(7, [to_us], tun_metadata_present=(0, 0x1),
            tun_tp_dst=(0x17c0, 0xfff0))
        add(6, [parser.OFPActionSetField(tun_tp_src=1234),
                parser.OFPActionOutput(ofp.OFPP_IN_PORT)], tun_tp_src=5002)
        if ofp.OFP_VERSION == ofproto_v1_3.OFP_VERSION:
            request = parser.OFPFlowStatsRequest(dp)
        else:
            request = parser.OFPFlowDescStatsRequest(dp)
        dp.send_msg(request)

    def on_stats(self, event):
        for stats in sorted(event.msg.body, key=lambda s: -s.priority):
            say('flow', stats.match)
            for instruction in stats.instructions:
                for action in instruction.actions:
                    if hasattr(action, 'key'):
                        print('set', action.key, action.value, flush=True)

    @set_ev_cls(ofp_event.EventOFPFlowStatsReply, MAIN_DISPATCHER)
    def on_flow_stats(self, event):
        self.on_stats(event)

    @set_ev_cls(ofp_event.EventOFPFlowDescStatsReply, MAIN_DISPATCHER)
    def on_flow_desc(self, event):
        self.on_stats(event)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def on_packet_in(self, event):
        say('packet-in', event.msg.match)


def say(what, match):
    """Prints 'what' and our fields in 'match'."""
    print(what, *('%s=%s' % (f, match[f]) for f in FIELDS if f in match),
          flush=True)


def main():
    version, port = sys.argv[1:]
    declare_fields(ofproto_v1_3)
    declare_fields(ofproto_v1_5)
    cfg.CONF(args=['--ofp-listen-host', '127.0.0.1', '--ofp-tcp-listen-port',
                   port], project='tnl_fields_controller')
    Controller.OFP_VERSIONS = [{'1.3': ofproto_v1_3.OFP_VERSION,
                                '1.5': ofproto_v1_5.OFP_VERSION}[version]]
    app_manager.AppManager.run_apps(['os_ken.controller.ofp_handler',
                                     __name__])


if __name__ == '__main__':
    main()
