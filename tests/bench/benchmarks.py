# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The benchmarks, sorted by the quantity that they compare.  They follow the
generator of their ratios, see harness.bench()."""

import contextlib
import itertools
import os
import re
import signal
import struct
import subprocess
import tempfile
import time

from harness import (OURS, OUT, PRISTINE, ROUNDS, TOP, CountedLab, DummySwitch,
                     Failure, Lab, alternate, bench, build_pristine,
                     cpu_seconds, resident, run, rx_packets, say, stop,
                     udp_frame)

import geneve_wire      # "harness" has found where it is.
from wire import UDP, ip_bytes, ip_header, ones_sum


# Throughput.

def throughput_ratios(tso, this, other):
    """Yields ratios of the throughput of tunnel 'this' to that of 'other',
    both tuples (type, MTU of the VMs, option...)."""
    with Lab(tso=tso) as lab:
        for pair in alternate(this, other):
            rates = {t: lab.throughput(*t) for t in pair}
            say('  %s %.2f Gb/s, %s %.2f Gb/s' % (
                this[0], rates[this], other[0], rates[other]))
            yield rates[this] / rates[other]


bench('stt-over-none-tso', '>= 0.90', 'Gb/s, TSO on: STT / no tunnel',
      throughput_ratios, True, ('stt', 1500), ('none', 1500))
bench('stt-over-vxlan-tso', '>= 6', 'Gb/s, TSO on: STT / VXLAN',
      throughput_ratios, True, ('stt', 1500), ('vxlan', 1450))
bench('stt-over-geneve-tso', '>= 6', 'Gb/s, TSO on: STT / Geneve',
      throughput_ratios, True, ('stt', 1500), ('geneve', 1450))
bench('nvgre-over-gre-tso', '>= 0.97', 'Gb/s, TSO on: NVGRE / GRE',
      throughput_ratios, True, ('nvgre', 1450), ('gre', 1450))
bench('nvgre-over-gre-notso', '>= 0.97', 'Gb/s, TSO off: NVGRE / GRE',
      throughput_ratios, False, ('nvgre', 1450), ('gre', 1450))
bench('l2tpv3-over-vxlan-tso', '>= 0.95', 'Gb/s, TSO on: L2TPv3 / VXLAN',
      throughput_ratios, True, ('l2tpv3', 1450), ('vxlan', 1450))
bench('l2tpv3-over-vxlan-notso', '>= 0.95', 'Gb/s, TSO off: L2TPv3 / VXLAN',
      throughput_ratios, False, ('l2tpv3', 1450), ('vxlan', 1450))
bench('stt-over-vxlan-notso-jumbo', '>= 1.3',
      'Gb/s, TSO off: STT, inner MTU 9000 / VXLAN, 1450',
      throughput_ratios, False, ('stt', 9000), ('vxlan', 1450))


# Instructions.

def rate_ratios(this, other, size):
    """Yields ratios of the packet rate of tunnel 'this' to that of tunnel
    'other', both tuples (type, option...), for frames of 'size' bytes.  The
    rate is the inverse of the instructions for a frame."""
    with CountedLab() as lab:
        for pair in alternate(this, other):
            insns = {}
            for tunnel in pair:
                lab.connect(tunnel[0], 1400, *tunnel[1:])
                insns[tunnel] = lab.count(size)[0]
            say('  a frame of %d bytes: %s %.0f, %s %.0f instructions' % (
                size, this[0], insns[this], other[0], insns[other]))
            yield insns[other] / insns[this]


bench('nvgre-over-gre-rate-64', '>= 0.97',
      'Packet rate, 64 bytes: NVGRE / GRE, from instructions',
      rate_ratios, ('nvgre',), ('gre',), 64)
bench('nvgre-over-gre-rate-1400', '>= 0.97',
      'Packet rate, 1400 bytes: NVGRE / GRE, from instructions',
      rate_ratios, ('nvgre',), ('gre',), 1400)
bench('l2tpv3-over-vxlan-rate-64', '>= 0.95',
      'Packet rate, 64 bytes: L2TPv3 / VXLAN, from instructions',
      rate_ratios, ('l2tpv3',), ('vxlan',), 64)
bench('l2tpv3-over-vxlan-rate-1400', '>= 0.95',
      'Packet rate, 1400 bytes: L2TPv3 / VXLAN, from instructions',
      rate_ratios, ('l2tpv3',), ('vxlan',), 1400)


def crossing_ratios(this, other):
    """Yields ratios of the instructions for a frame of 64 bytes that h1
    receives in tunnel type 'this' and forwards in 'other', to the sum of those
    for receiving a frame in 'this' and for sending one in 'other'."""
    with CountedLab() as lab:
        for _ in range(ROUNDS):
            lab.connect(other, 1400)
            send = lab.count(64, ('vm1',))[0]
            lab.connect(this, 1400)
            receive = lab.count(64, ('vm2',))[0]
            with lab.second_tunnel(other):
                cross = lab.count(64, ('vm2',), True)[0]
            say('  %s: %.0f to receive, %s: %.0f to send, %.0f to cross'
                % (this, receive, other, send, cross))
            yield cross / (receive + send)


bench('crossing-vxlan-to-stt', '<= 1.10',
      'Instructions, 64 bytes: VXLAN to STT / VXLAN in + STT out',
      crossing_ratios, 'vxlan', 'stt')
bench('crossing-geneve-to-nvgre', '<= 1.10',
      'Instructions, 64 bytes: Geneve to NVGRE / Geneve in + NVGRE out',
      crossing_ratios, 'geneve', 'nvgre')
bench('crossing-stt-to-l2tpv3', '<= 1.10',
      'Instructions, 64 bytes: STT to L2TPv3 / STT in + L2TPv3 out',
      crossing_ratios, 'stt', 'l2tpv3')


def push_pop_ratios(size):
    """Yields ratios of the instructions for a push and a pop of a frame of
    'size' bytes with STT to those with VXLAN, with a checksum in both."""
    with CountedLab() as lab:
        for _ in range(ROUNDS):
            lab.connect('stt', 1400)
            _, stt, copies = lab.count(size)
            if copies:
                raise Failure('STT copies packets to get room for its header')
            lab.connect('vxlan', 1400, 'options:csum=true')
            vxlan = lab.count(size)[1]
            say('  push and pop of %d bytes: STT %.0f, VXLAN %.0f '
                'instructions' % (size, stt, vxlan))
            yield stt / vxlan


bench('stt-over-vxlan-insns-64', '<= 1.10',
      'Instructions, push + pop of 64 bytes: STT / VXLAN with csum',
      push_pop_ratios, 64)
bench('stt-over-vxlan-insns-1400', '<= 1.10',
      'Instructions, push + pop of 1400 bytes: STT / VXLAN with csum',
      push_pop_ratios, 1400)


def hooked_ratios(type_):
    """Yields ratios of the instructions for a frame of 64 bytes with our Open
    vSwitch to those with the pristine one."""
    build_pristine()
    with CountedLab() as ours, CountedLab(PRISTINE) as pristine:
        ours.connect(type_, 1400)
        pristine.connect(type_, 1400)
        for _ in range(ROUNDS):
            pair = ours.count(64)[0], pristine.count(64)[0]
            say('  %s, 64 bytes: ours %.1f, pristine %.1f instructions'
                % (type_, *pair))
            yield pair[0] / pair[1]


bench('hooked-over-pristine-forward', '<= 1.02',
      'Instructions, no tunnel: this Open vSwitch / pristine',
      hooked_ratios, 'none')
bench('hooked-over-pristine-vxlan', '<= 1.02',
      'Instructions, VXLAN: this Open vSwitch / pristine',
      hooked_ratios, 'vxlan')
bench('hooked-over-pristine-geneve', '<= 1.02',
      'Instructions, Geneve without options: this Open vSwitch / pristine',
      hooked_ratios, 'geneve')


def reconfigure_cost(ovs, type_, n):
    """Returns the instructions of ovs-vswitchd, from the build tree 'ovs', to
    add 'n' tunnel ports of 'type_' at once, and then to delete them all."""
    with DummySwitch(ovs, 'bridge_reconfigure') as switch:
        switch.vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0',
                     'datapath_type=dummy', 'fail_mode=secure')
        switch.vsctl(*itertools.chain.from_iterable(
            ('--', 'add-port', 'br0', 'p%d' % i, '--', 'set', 'interface',
             'p%d' % i, 'type=' + type_, 'options:key=%d' % (4096 + i),
             'options:remote_ip=10.%d.%d.1' % (i // 256, i % 256))
            for i in range(n)))
        switch.vsctl('del-br', 'br0')
    return switch.profile.total


def ports_ratios(this, other, n):
    """Yields ratios of reconfigure_cost() of 'n' ports for 'this' to that for
    'other', both tuples (build tree, type)."""
    build_pristine()
    for _ in range(ROUNDS):
        pair = [reconfigure_cost(*tunnel, n) for tunnel in (this, other)]
        say('  %d ports, added and deleted: %s %.0f, %s %.0f million'
            ' instructions' % (n, this[1], pair[0] / 1e6, other[1],
                               pair[1] / 1e6))
        yield pair[0] / pair[1]


bench('hooked-over-pristine-ports', '<= 1.05',
      'Instructions, 600 VXLAN ports made: this Open vSwitch / pristine',
      ports_ratios, (OURS, 'vxlan'), (PRISTINE, 'vxlan'), 600)
bench('stt-over-vxlan-ports', '<= 1.05',
      'Instructions, 600 ports made: STT / VXLAN, pristine',
      ports_ratios, (OURS, 'stt'), (PRISTINE, 'vxlan'), 600)


# Accounts.

def account_rate_ratios(n):
    """Yields ratios of the packet rate with 'n' accounts to that with none,
    for frames of 64 bytes through VXLAN.  The rate is the inverse of the
    instructions for a frame."""
    with CountedLab() as lab:
        lab.connect('vxlan', 1400, 'options:key=flow')
        lab.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
                 'in_port=vm,udp,tp_dst=9,actions='
                 'move:NXM_OF_UDP_SRC[]->NXM_NX_TUN_ID[0..15],tun')
        for pair in alternate(2 * n, 0):
            insns = {}
            for limit in pair:
                lab.exec('h1', 'ovs-vsctl', 'set', 'Open_vSwitch', '.',
                         'other_config:account-max=%d' % limit,
                         'other_config:max-idle=3600000')
                for port in range(2000, 2000 + n):
                    lab.sockets['vm1'].send(udp_frame(
                        lab.macs['vm1'], lab.macs['vm2'], 64, port))
                    if port % 20 == 0:
                        time.sleep(.05)
                insns[limit] = lab.count(64)[0]
                accounts = lab.exec('h1', 'ovs-appctl', 'account/show')
                if limit and accounts.count('\n') < n:
                    raise Failure('only %d accounts' % accounts.count('\n'))
            say('  a frame of 64 bytes: %.1f instructions with %d accounts, '
                '%.1f with none' % (insns[2 * n], n, insns[0]))
            yield insns[0] / insns[2 * n]


bench('account-rate', '>= 0.99',
      'Packet rate, 64 bytes: with 10, 000 accounts / with none',
      account_rate_ratios, 10000)


class AccountSwitch(DummySwitch):
    """A DummySwitch that sends a frame from UDP port N to tenant N."""

    def connect(self, limit):
        """Makes the tunnel, with other_config:account-max='limit'."""
        self.vsctl(
            'set', 'Open_vSwitch', '.',
            'other_config:account-max=%d' % limit,
            'other_config:max-idle=3600000',
            *'-- add-br br-phy -- set bridge br-phy datapath_type=dummy'
            ' -- add-port br-phy phy -- set interface phy type=dummy'
            ' -- add-br br-int -- set bridge br-int datapath_type=dummy'
            ' fail_mode=secure'
            ' -- add-port br-int vm -- set interface vm type=dummy'
            ' -- add-port br-int tun -- set interface tun type=vxlan'
            ' options:remote_ip=10.9.0.2 options:key=flow'.split())
        self.appctl('netdev-dummy/ip4addr', 'br-phy', '10.9.0.1/24')
        self.appctl('tnl/neigh/set', 'br-phy', '10.9.0.2',
                    '02:00:00:00:00:02')
        self.flow('br-phy', 'actions=phy')
        self.flow('br-int', 'udp,actions='
                  'move:NXM_OF_UDP_SRC[]->NXM_NX_TUN_ID[0..15],tun')

    def send(self, tenants):
        """Sends a frame to each tenant in the range 'tenants'."""
        self.receive('vm', [udp_frame(b'\2\0\0\0\0\1', b'\2\0\0\0\0\3',
                                      64, tenant) for tenant in tenants])
        self.appctl('revalidator/wait')

    def check(self, n):
        """Raises Failure unless there are 'n' accounts."""
        found = self.appctl('account/show').count('\n') - 1
        if found != n:
            raise Failure('%d accounts instead of %d' % (found, n))


def revalidate_cost(limit, n):
    """Returns the instructions to revalidate a datapath flow, of 'n' that each
    send to another tenant, with other_config:account-max='limit'."""
    # The compiler may append to the name of a function.
    with AccountSwitch(OURS, 'revalidate_ukey.*') as switch:
        switch.connect(limit)
        switch.send(range(1000, 1000 + n))
        for priority in range(4):
            switch.flow('br-int', 'priority=%d,in_port=9,actions=drop'
                        % priority)
        switch.check(n if limit else 0)
    times = switch.profile.count('revalidate_ukey', 'revalidate_ukey__')
    if times < n:
        raise Failure('%d flows revalidated instead of %d' % (times, n))
    return switch.profile.total / times


def account_revalidate_ratios(n):
    """Yields ratios of the instructions to revalidate one of 'n' datapath
    flows, with an account each, to those with no accounts."""
    for pair in alternate(2 * n, 0):
        insns = {limit: revalidate_cost(limit, n) for limit in pair}
        say('  %d flows: %.0f instructions to revalidate one with accounts, '
            '%.0f without' % (n, insns[2 * n], insns[0]))
        yield insns[2 * n] / insns[0]


bench('account-revalidate', '<= 1.05',
      'Instructions to revalidate a flow: with accounts / without',
      account_revalidate_ratios, 2000)


def account_sizes():
    """Yields the bytes of memory for an account, with the table of them."""
    for n in 10000, 20000, 65536:
        size = float(run(OURS + '/tests/ovstest', 'test-account', 'size',
                         str(n)).split()[0])
        say('  %d accounts: %.1f bytes each' % (n, size))
        yield size


bench('account-cell', '<= 256', 'Bytes of memory for an account',
      account_sizes)


# Live traces.

def live_ratios(match):
    """Yields ratios of the packet rate while packets with 'match' are traced
    to that without a trace, for frames of 64 bytes through VXLAN.  The rate is
    the inverse of the instructions for a frame.  Frames with a copy, of which
    there are 10 a second, are not among them."""
    with CountedLab() as lab:
        lab.connect('vxlan', 1400)
        for pair in alternate(True, False):
            insns = {}
            for traced in pair:
                if traced:
                    session = lab.exec(
                        'h1', 'ovs-appctl', 'live/start', 'br-int', match,
                        'count=100', 'rate=1', 'timeout=3600')
                    lab.exec('h1', 'ovs-appctl', 'revalidator/wait')
                insns[traced] = lab.count(64, ('vm1',),
                                          rare='ovl_live_receive')[0]
                if traced:
                    lab.exec('h1', 'ovs-appctl', 'live/stop',
                             re.match(r'session (\d+)', session)[1])
                    lab.exec('h1', 'ovs-appctl', 'revalidator/wait')
            say('  a frame of 64 bytes: %.1f instructions in a trace, %.1f '
                'without' % (insns[True], insns[False]))
            yield insns[False] / insns[True]


bench('live-traced', '>= 0.85',
      'Packet rate, 64 bytes: of a flow in a live trace / without',
      live_ratios, 'in_port=vm,udp,nw_dst=10.1.0.99')
bench('live-others', '>= 0.97',
      'Packet rate, 64 bytes: of another flow than the traced / without',
      live_ratios, 'in_port=vm,udp,nw_dst=10.1.0.98')


# Active OAM.

OAM_KEY = 0x1234
TENANT_KEY = 4242        # That of Lab.connect().


def oam_flood_packet(lab, key):
    """Returns a test packet from h1 to h2 of 'lab', in VXLAN with 'key'."""
    macs = [bytes.fromhex(lab.link(host, 'br-phy')['address'].replace(':', ''))
            for host in ('h2', 'h1')]
    body = struct.pack('!HHHH', 50000, 862, 8 + 44, 0) + bytes(44)
    pseudo = b'\x7f\0\0\1' * 2 + struct.pack('!HH', UDP, len(body))
    body = (body[:6] + struct.pack('!H', 0xffff ^ ones_sum(pseudo + body))
            + body[8:])
    inner = (bytes(12) + b'\x08\0'
             + ip_header(*[b'\x7f\0\0\1'] * 2, UDP, body, ttl=255))
    data = b'\x08\0\0\0' + struct.pack('!I', key << 8) + inner
    data = struct.pack('!HHHH', 50000, 4789, 8 + len(data), 0) + data
    return (b''.join(macs) + b'\x08\0'
            + ip_header(ip_bytes('10.9.0.1'), ip_bytes('10.9.0.2'), UDP, data))


def oam_flood_rates(pps, beside_tenant):
    """Yields ratios of the packets/s of a tenant beside 'pps' test packets per
    second to those without, or with 'beside_tenant' to those beside as many
    packets of the tenant that a flow drops."""
    run('gcc', '-O2', '-o', OUT + '/flood',
        os.path.join(TOP, 'tests', 'bench', 'flood.c'))
    with Lab() as lab:
        lab.connect('vxlan', 1400)
        lab.exec('h2', 'ovs-vsctl', 'set', 'Open_vSwitch', '.',
                 'other_config:oam-key=%d' % OAM_KEY)
        lab.exec('h2', 'ovs-ofctl', 'add-flow', 'br-int',
                 'priority=100,in_port=tun,udp,tp_dst=862,actions=drop')
        packet = oam_flood_packet(lab, OAM_KEY)
        other = oam_flood_packet(lab, TENANT_KEY) if beside_tenant else b''
        macs = [lab.link(vm, 'eth0')['address'] for vm in ('vm1', 'vm2')]

        def rate(noise):
            """Returns the packets/s of a flow of 30,000 to vm2 that arrive
            beside a flood of 'noise', and the number of packets of that."""
            def arrived():
                return lab.link('vm2', 'eth0')['stats64']['rx']['packets']

            with lab.start('vm1', OUT + '/flood', 'eth0', *macs, '10.1.0.1',
                           '10.1.0.2', 'udp', '142'), \
                    contextlib.ExitStack() as stack:
                flood = noise and stack.enter_context(lab.start(
                    'h1', OUT + '/flood', 'phy', *'----', 'hex', noise.hex(),
                    str(pps)))
                time.sleep(1)
                start, before = time.monotonic(), arrived()
                time.sleep(4)
                found = (arrived() - before) / (time.monotonic() - start)
                if not flood:
                    return found, 0
                flood.terminate()
                return found, int(flood.stdout.read())

        for pair in alternate(packet, other, 2 * ROUNDS - 1):
            result = {noise: rate(noise) for noise in pair}
            say('  %d packets/s beside %d test packets; %d beside %d others'
                % (result[packet] + result[other]))
            yield result[packet][0] / result[other][0]


# Ten times the limits, for one remote endpoint and for all.
bench('oam-flood', '>= 0.95',
      'Packets/s of a tenant: beside 4,000 test packets/s / alone',
      oam_flood_rates, 4000, False)
bench('oam-flood-all', '>= 0.95',
      'Packets/s of a tenant: beside 50,000 test packets/s / others dropped',
      oam_flood_rates, 50000, True)


def oam_probe_shares(remotes):
    """Yields the CPU time of h1, as a part of that of a core, that test
    packets to 'remotes' addresses of h2 on 16 paths take, 1,600 per second and
    as many answers."""
    with Lab() as lab:
        lab.call('tunnel', 'geneve', '4', 'options:local_ip=flow',
                 'options:remote_ip=flow')
        pid = lab.vswitchd('h1')
        addresses = ['10.9.%d.%d' % (1 + i // 250, 1 + i % 250)
                     for i in range(remotes)]
        batch = lab.dir + '/batch'
        with open(batch, 'w') as f:
            f.writelines('address add %s/16 dev br-phy\n' % address
                         for address in addresses)
        lab.exec('h2', 'ip', '-batch', batch)
        lab.exec('h1', 'ip', 'address', 'add', '10.9.255.1/16', 'dev',
                 'br-phy')
        with open(batch, 'w') as f:
            f.writelines('udp,tp_src=%d,actions=set_field:%s->tun_dst,'
                         'set_field:5->tun_id,tun\n' % (1000 + i, address)
                         for i, address in enumerate(addresses))
        lab.exec('h1', 'ovs-ofctl', 'add-flows', 'br-int', batch)
        for host in 'h1', 'h2':
            lab.exec(host, 'ovs-vsctl', 'set', 'Open_vSwitch', '.',
                     'other_config:oam-key=%d' % OAM_KEY,
                     'other_config:oam-rate=1600')
        sock = lab.socket('vm1', 'eth0')

        def send():
            """Sends a frame to each address."""
            for i in range(remotes):
                sock.send(udp_frame(bytes(6), bytes(6), 64, 1000 + i))
                time.sleep(.002)

        send()      # These ask for the neighbors.
        send()
        for _ in range(ROUNDS):
            shares = []
            for on in 'false', 'true':
                lab.exec('h1', 'ovs-vsctl', 'set', 'Open_vSwitch', '.',
                         'other_config:oam-probe=' + on)
                time.sleep(10)
                send()
                time.sleep(30)
                before, start = cpu_seconds(pid), time.monotonic()
                time.sleep(20)
                shares.append((cpu_seconds(pid) - before)
                              / (time.monotonic() - start))
            show = lab.exec('h1', 'ovs-appctl', 'oam/show')
            up = show.count(': up since')
            if up != remotes:
                raise Failure('%d of %d sessions are up:\n%s'
                              % (up, remotes, show[:500]))
            say('  %.3f of a core with %d sessions, %.3f without'
                % (shares[1], up, shares[0]))
            yield shares[1] - shares[0]
        sock.close()


bench('oam-probes', '<= 0.10',
      'Part of a core for test packets to 1, 000 addresses, 16 paths each',
      oam_probe_shares, 1000)


# Multicast groups.

REMOTES = ['10.9.0.%d' % (101 + i) for i in range(16)]


class MulticastLab(CountedLab):
    """A CountedLab with several ways to send a frame of VM vm1 in VXLAN.  The
    addresses in REMOTES are those of h2."""

    def __enter__(self):
        super().__enter__()
        self.call('tunnel', 'vxlan', '4', 'options:remote_ip=flow',
                  'options:key=flow')
        mac = self.link('h2', 'br-phy')['address']
        for remote in REMOTES:
            self.exec('h1', 'ovs-appctl', 'tnl/neigh/set', 'br-phy', remote,
                      mac)
        self.exec('h1', 'ovs-vsctl', *itertools.chain.from_iterable(
            ('--', 'add-port', 'br-int', 'r%d' % i, '--', 'set', 'interface',
             'r%d' % i, 'type=vxlan', 'options:key=4242',
             'options:remote_ip=' + remote)
            for i, remote in enumerate(REMOTES)))
        self.exec('h1', 'ovs-ofctl', '-O', 'OpenFlow15', 'add-group', 'br-int',
                  'group_id=1,type=all' + ''.join(
                      ',bucket=actions=set_field:4242->tun_id,'
                      'set_field:%s->tun_dst,tun' % remote
                      for remote in REMOTES))
        self.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
                  'in_port=tun,actions=learn(table=10,idle_timeout=3600,'
                  'NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],'
                  'load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],'
                  'load:NXM_NX_TUN_IPV4_SRC[]->NXM_NX_TUN_IPV4_DST[],'
                  'output:NXM_OF_IN_PORT[])')
        self.exec('h1', 'ovs-vsctl', 'add-port', 'br-int', 'normal', '--',
                  'set', 'interface', 'normal', 'type=vxlan',
                  'options:remote_ip=flow', 'options:key=4243',
                  'options:flood="%s"' % ','.join(REMOTES))
        self.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
                  'in_port=normal,actions=normal')
        return self

    WAYS = {
        'group': 'set_field:4242->tun_id,set_field:239.1.1.100->tun_dst,tun',
        'list': 'group:1',
        'ports': ','.join('r%d' % i for i in range(len(REMOTES))),
        'fixed': 'r0',
        'learned': 'resubmit(,10)',
        'normal': 'normal',
    }

    def insns(self, way):
        """Returns the instructions for a frame of 64 bytes sent one way."""
        self.exec('h2', 'ovs-ofctl', 'add-flow', 'br-int',
                  'in_port=vm,udp,actions=set_field:%d->tun_id,'
                  'set_field:10.9.0.1->tun_dst,tun'
                  % (4243 if way == 'normal' else 4242))
        self.sockets['vm2'].send(udp_frame(self.macs['vm2'], self.macs['vm1'],
                                           64, 1000))
        self.exec('h1', 'ovs-ofctl', '-O', 'OpenFlow15', 'add-flow', 'br-int',
                  'in_port=vm,udp,actions=' + self.WAYS[way])
        self.exec('h1', 'ovs-appctl', 'revalidator/wait')
        return self.count(64, ('vm1',))[0]


def mcast_ratios(this, other, rate=False):
    """Yields ratios of the instructions for a frame of 64 bytes sent in the
    way 'this' to those in the way 'other', or, with 'rate', the inverse."""
    with MulticastLab() as lab:
        for pair in alternate(this, other):
            insns = {way: lab.insns(way) for way in pair}
            say('  a frame of 64 bytes: %s %.0f, %s %.0f instructions'
                % (this, insns[this], other, insns[other]))
            yield (insns[other] / insns[this] if rate
                   else insns[this] / insns[other])


bench('mcast-group-over-list', '<= 0.15',
      'Instructions, 64 bytes to 16 hosts: by a multicast group / a list',
      mcast_ratios, 'group', 'list')
bench('mcast-list-over-ports', '<= 1.0',
      'Instructions, 64 bytes to 16 hosts: by a list / 16 ports',
      mcast_ratios, 'list', 'ports')
bench('mcast-learned-over-fixed', '>= 0.97',
      'Packet rate, 64 bytes: to a remote address that a flow learned / fixed',
      mcast_ratios, 'learned', 'fixed', True)
bench('fdb-normal-over-fixed', '>= 0.97',
      'Packet rate, 64 bytes: to a remote address that NORMAL learned / fixed',
      mcast_ratios, 'normal', 'fixed', True)


def fdb_loads(n, memory=False):
    """Yields the seconds in which 'n' entries that the kernel gets are in force
    in the switch, or, with 'memory', the bytes of memory for each."""
    with tempfile.NamedTemporaryFile('w') as batch:
        for i in range(n):
            batch.write('fdb add 02:00:00:%02x:%02x:%02x dev vni100 dst '
                        '10.9.%d.%d\n' % (i >> 16, i >> 8 & 255, i & 255,
                                          64 + i % 64, 2 + i % 200))
        batch.flush()
        for _ in range(ROUNDS):
            seconds, each = load_fdb(batch.name, n)
            say('  %d entries: %.2f s, %.0f bytes each' % (n, seconds, each))
            yield each if memory else seconds


def load_fdb(batch, n):
    """Returns the seconds in which the 'n' entries that the commands in 'batch'
    add are in force, and the bytes of memory for each."""
    with Lab() as lab:
        pid = lab.vswitchd('h1')
        lab.exec('h1', 'ip', 'link', 'add', 'vni100', 'type', 'vxlan', 'id',
                 '100', 'dstport', '65100')
        lab.exec('h1', 'ovs-vsctl', '--', 'add-port', 'br-int', 'fdb', '--',
                 'set', 'interface', 'fdb', 'type=vxlan',
                 'options:remote_ip=flow', 'options:key=100',
                 'options:fdb=vni100')
        before, start = resident(pid), time.monotonic()
        lab.exec('h1', 'bridge', '-batch', batch)
        while lab.exec('h1', 'ovs-appctl', 'tnl/fdb/show',
                       'fdb').count(' kernel ') < n:
            time.sleep(0.05)
        return time.monotonic() - start, (resident(pid) - before) / n


bench('fdb-10k', '<= 2', 'Seconds until 10,000 entries of a routing daemon '
      'are in force', fdb_loads, 10000)
bench('fdb-100k', '<= 20', 'Seconds until 100,000 entries of a routing daemon '
      'are in force', fdb_loads, 100000)
bench('fdb-entry', '<= 300', 'Bytes of memory for such an entry',
      fdb_loads, 100000, True)


def mcast_others_ratios():
    """Yields ratios of the packet rate through VXLAN beside a port with 16
    multicast groups to that without such a port, for frames of 64 bytes."""
    groups = ','.join('239.1.1.%d' % i for i in range(16))
    with CountedLab() as lab:
        lab.connect('vxlan', 1400)
        for pair in alternate(True, False):
            insns = {}
            for present in pair:
                lab.exec('h1', 'ovs-vsctl', '--', '--if-exists', 'del-port',
                         'groups')
                if present:
                    lab.exec('h1', 'ovs-vsctl', 'add-port', 'br-int', 'groups',
                             '--', 'set', 'interface', 'groups',
                             'type=geneve', 'options:key=flow',
                             'options:remote_ip=flow',
                             'options:groups="%s"' % groups)
                lab.exec('h1', 'ovs-appctl', 'revalidator/wait')
                insns[present] = lab.count(64)[0]
            say('  a frame of 64 bytes: %.1f instructions beside groups, %.1f '
                'without' % (insns[True], insns[False]))
            yield insns[False] / insns[True]


bench('mcast-others', '>= 0.99',
      'Packet rate, 64 bytes: VXLAN beside a port with groups / without',
      mcast_others_ratios)


# Geneve.

def option_ratios(n):
    """Yields ratios of the instructions for a frame of 64 bytes that arrives
    with 'n' options of 4 bytes, which a flow matches, to those for a frame
    without options, while no flow matches options."""
    fields = ['tun_metadata%d' % i for i in range(n)]
    sets = ''.join('set_field:%d->%s,' % (7 + i, f)
                   for i, f in enumerate(fields))
    matches = ''.join('%s=%d,' % (f, 7 + i) for i, f in enumerate(fields))

    with CountedLab() as lab:
        def receive(sets, matches):
            """Returns the instructions for a frame that h2 sends with the
            actions 'sets' and that h1 forwards by a flow with 'matches'."""
            lab.exec('h2', 'ovs-ofctl', 'add-flow', 'br-int',
                     'in_port=vm,udp,actions=%stun' % sets)
            lab.exec('h1', 'ovs-ofctl', 'del-flows', 'br-int',
                     'udp,in_port=tun')
            lab.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
                     'in_port=tun,udp,%sactions=vm' % matches)
            return lab.count(64, ['vm2'])[0]

        lab.connect('geneve', 1400)
        for host in 'h1', 'h2':
            lab.exec(host, 'ovs-ofctl', 'add-tlv-map', 'br-int', ','.join(
                '{class=0xff00,type=%d,len=4}->%s' % (i, f)
                for i, f in enumerate(fields)))
        for _ in range(ROUNDS):
            none, some = receive('', ''), receive(sets, matches)
            say('  a frame without options: %.0f instructions; with %d of'
                ' them, matched: %.0f, that is, %.0f for each'
                % (none, n, some, (some - none) / n))
            yield some / none


bench('geneve-match-1-option', '<= 1.05',
      'Instructions, Geneve received: 1 option, matched / none',
      option_ratios, 1)
bench('geneve-match-4-options', '<= 1.05',
      'Instructions, Geneve received: 4 options, matched / none',
      option_ratios, 4)
bench('geneve-match-16-options', '<= 1.10',
      'Instructions, Geneve received: 16 options, matched / none',
      option_ratios, 16)


def appliance(lab):
    """Makes h1 of 'lab' an appliance behind a gateway load balancer, h2: h1
    returns packets from h2 unchanged."""
    lab.call('tunnel', 'geneve', '4', 'options:packet_type=legacy_l3',
             'options:unknown_options=relay', 'options:src_port=keep')
    lab.exec('h1', 'ovs-ofctl', 'add-tlv-map', 'br-int',
             '{class=0x108,type=1,len=8}->tun_metadata0')
    lab.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
             'in_port=tun,tun_metadata0=1,actions=in_port')
    lab.exec('h2', 'ovs-ofctl', 'add-flow', 'br-phy',
             'priority=40000,udp,tp_dst=6081,actions=drop')
    lab.call('reach', 'h1', '10.9.0.2')


def balancer_frame(lab, cookie):
    """Returns an Ethernet frame, from h2 of 'lab', in the form that AWS's load
    balancer sends to an appliance: an IPv4 packet of 256 bytes, with flow
    cookie 'cookie'."""
    options = b''.join(geneve_wire.option(0x108, i, value) for i, value in (
        (1, bytes(7) + b'\1'), (2, bytes(7) + b'\2'),
        (3, struct.pack('!I', cookie))))
    ip = udp_frame(bytes(6), bytes(6), 256 + 14, 1000)[14:]
    frame = geneve_wire.encode(options, ip, vni=4242, protocol=0x0800,
                               src='10.9.0.2', dst='10.9.0.1')
    macs = [bytes.fromhex(lab.link(host, 'br-phy')['address'].replace(':',
                                                                      ''))
            for host in ('h1', 'h2')]
    return b''.join(macs) + frame[12:]


def relay_connections_ratios():
    """Yields ratios of the packet rate of 100,000 connections that differ in
    an option that is relayed to that of one connection."""
    with CountedLab() as lab:
        appliance(lab)
        # The default again, since entries for many flows have a cost.
        lab.exec('h1', 'ovs-vsctl', 'remove', 'Open_vSwitch', '.',
                 'other_config', 'emc-insert-inv-prob')
        frame = balancer_frame(lab, 0)
        n = frame.index(struct.pack('!HBBI', 0x108, 3, 1, 0)) + 4
        burst = 32 * lab.BURST

        def megaflows():
            """Returns the number of datapath flows for the tunnel."""
            return lab.exec('h1', 'ovs-appctl', 'dpctl/dump-flows').count(
                'tun_id=')

        with contextlib.closing(lab.socket('h2', 'phy')) as sock:
            def send(cookies):
                """Sends a packet for each of 'cookies' and returns the
                instructions for one."""
                lab.dump()
                for i in range(0, len(cookies), burst):
                    batch = cookies[i:i + burst]
                    with lab.stopped(len(batch), 0, len(batch)):
                        for cookie in batch:
                            sock.send(frame[:n] + struct.pack('!I', cookie)
                                      + frame[n + 4:])
                return lab.dump().total / len(cookies)

            send([0] * burst)
            for i in range(ROUNDS):
                before = megaflows()
                one = send([0] * 20000)
                many = send(range(100000 * i, 100000 * (i + 1)))
                if megaflows() != before:
                    raise Failure('%d datapath flows for one connection, %d '
                                  'for 100,000' % (before, megaflows()))
                say('  a packet of 1 connection: %.0f instructions, of '
                    '100,000: %.0f, with %d datapath flows in both cases'
                    % (one, many, before))
                yield one / many


bench('geneve-relay-connections', '>= 0.90',
      'Packet rate, options relayed: 100,000 connections that differ in an'
      ' option / 1, from instructions',
      relay_connections_ratios)


def return_ratios(port_type):
    """Yields ratios of the packet rate of an appliance that returns packets of
    256 bytes in Geneve, see appliance(), to that of a switch that returns the
    same frames without decapsulation.  The underlay's port is of 'port_type'.

    A rate is the number of packets for each second of the switch's CPU time,
    the kernel's part included, while it returns 500 waiting packets.  So it
    does not depend on how fast others send.  Other load of the machine can
    only lower it, so the best of 40 measurements counts."""
    n, bursts = 500, 40
    with Lab() as lab, contextlib.ExitStack() as stack:
        h1, h2 = lab.vswitchd('h1'), lab.vswitchd('h2')
        if port_type:
            lab.exec('h1', 'ovs-vsctl', '--', 'del-port', 'br-phy', 'phy',
                     '--', 'add-port', 'br-phy', 'phy', '--', 'set',
                     'interface', 'phy', 'type=' + port_type)
            error = lab.exec('h1', 'ovs-vsctl', 'get', 'interface', 'phy',
                             'error').strip()
            if error != '[]':
                raise Failure('no port of type %s: %s' % (port_type, error))
            say('  %s, in mode %s' % (port_type, lab.exec(
                'h1', 'ovs-vsctl', 'get', 'interface', 'phy',
                'status:xdp-mode').strip()))
        appliance(lab)
        frame = balancer_frame(lab, 0)
        # With an address on phy, frames for the tunnel could not leave by it.
        lab.exec('h1', 'ip', 'address', 'flush', 'dev', 'phy')
        # h2 drops returned packets at once.
        lab.exec('h2', 'ovs-vsctl', 'del-port', 'br-phy', 'phy')
        sock = stack.enter_context(contextlib.closing(lab.socket('h2',
                                                                 'phy')))

        def burst():
            """Returns the packets for a second of CPU time."""
            stop(h1)
            waiting = rx_packets(h1, 'phy')
            for _ in range(n):
                sock.send(frame)
            while rx_packets(h1, 'phy') < waiting + n:
                pass
            back, start = rx_packets(h2, 'phy'), cpu_seconds(h1)
            deadline = time.monotonic() + 10
            os.kill(h1, signal.SIGCONT)
            while rx_packets(h2, 'phy') < back + n:
                if time.monotonic() > deadline:
                    raise Failure('only %d of %d packets came back' % (
                        rx_packets(h2, 'phy') - back, n))
            stop(h1)
            seconds = cpu_seconds(h1) - start
            os.kill(h1, signal.SIGCONT)
            return n / seconds

        def rate(geneve):
            """Returns the packets for a second of CPU time, with 'geneve'
            through the tunnel, otherwise without decapsulation."""
            flow = 'priority=40000,in_port=phy,udp,tp_dst=6081'
            if geneve:
                lab.exec('h1', 'ovs-ofctl', '--strict', 'del-flows', 'br-phy',
                         flow)
            else:
                lab.exec('h1', 'ovs-ofctl', 'add-flow', 'br-phy',
                         flow + ',actions=in_port')
            lab.exec('h1', 'ovs-appctl', 'revalidator/purge')
            burst()
            flows = lab.exec('h1', 'ovs-appctl', 'dpctl/dump-flows')
            if ('actions:tnl_pop' in flows) != geneve:
                raise Failure('wrong datapath flows:\n' + flows)
            return max(burst() for _ in range(bursts))

        for pair in alternate(True, False):
            rates = {g: rate(g) for g in pair}
            say('  packets for a second of CPU time: %.0f in Geneve, %.0f as'
                ' they are' % (rates[True], rates[False]))
            yield rates[True] / rates[False]


bench('geneve-return', '>= 0.70',
      'Packet rate, 256 bytes, AF_PACKET: returned in Geneve / forwarded',
      return_ratios, '')
bench('geneve-return-afxdp', '>= 0.70',
      'Packet rate, 256 bytes, AF_XDP: returned in Geneve / forwarded',
      return_ratios, 'afxdp')


# Reassembly.

def reassembly_cost(frames):
    """Returns the instructions per segment with 'frames' in flight, and the
    nanoseconds, which depend on the size of the CPU's caches."""
    path = os.path.join(OUT, 'callgrind.out')
    command = [OURS + '/tests/ovstest', 'test-stt-reasm', 'benchmark',
               str(frames), '300000']
    out = run(*callgrind('benchmark_steady*', path), *command)
    cost = Profile(path).total / int(re.search(r'(\d+) segments',
                                               out).group(1))
    os.unlink(path)
    return cost, float(re.search(r'([\d.]+) ns', run(*command)).group(1))


def reassembly_ratios():
    """Yields ratios of the instructions for a segment with 100,000 frames in
    flight to those with one frame."""
    for _ in range(ROUNDS):
        one, many = reassembly_cost(1), reassembly_cost(100000)
        say('  a segment: %.0f instructions (%.0f ns) with 1 frame in flight,'
            ' %.0f (%.0f ns) with 100000' % (one + many))
        yield many[0] / one[0]


bench('stt-reasm-scale', '<= 1.10',
      'Instructions per segment: 100,000 frames in flight / 1',
      reassembly_ratios)


def flooded(lab, kind):
    """Returns the Gb/s that arrive at vm2 of a UDP flow of 200 Mb/s, each
    frame of which takes 7 segments, while host h1 sends packets of 'kind' to
    h2 as fast as it can; the number of these packets per second; and the bytes
    held for reassembly."""
    def flood(out, port, nodes, net, *args):
        """Starts to send through 'out' of the first of 'nodes' packets to
        'port' of the second, with the addresses of 'port' of the first as
        source."""
        macs = [lab.link(node, port)['address'] for node in nodes]
        return stack.enter_context(lab.start(
            nodes[0], OUT + '/flood', out, *macs, net + '1', net + '2', *args))

    def arrived():
        return lab.link('vm2', 'eth0')['stats64']['rx']['bytes']

    with contextlib.ExitStack() as stack:
        flood('eth0', 'eth0', ('vm1', 'vm2'), '10.1.0.', 'udp', '8942', '2800')
        noise = flood('phy', 'br-phy', ('h1', 'h2'), '10.9.0.', kind, '1514')
        time.sleep(1)
        start, before = time.monotonic(), arrived()
        time.sleep(4)
        rate = (arrived() - before) * 8e-9 / (time.monotonic() - start)
        show = lab.exec('h2', 'ovs-appctl', 'stt/show')
        noise.terminate()
        pps = int(noise.stdout.read())
    held, limit = map(int, re.search(r'bytes: (\d+) of (\d+)',
                                     show).groups())
    if held > limit:
        raise Failure('%d bytes held, above the limit of %d' % (held, limit))
    return rate, pps, held


def flood_ratios(kind):
    """Yields ratios of the Gb/s of a good flow beside a flood of 'kind' to its
    Gb/s beside a flood of UDP."""
    run('gcc', '-O2', '-o', OUT + '/flood',
        os.path.join(TOP, 'tests', 'bench', 'flood.c'))
    with Lab() as lab:
        lab.connect('stt', 9000)
        # To drop packets at once is the least work for the switch.
        lab.exec('h2', 'ovs-ofctl', 'add-flow', 'br-phy',
                 'udp,tp_dst=9,actions=drop')
        # More rounds than in other benchmarks, since the results vary more.
        for pair in alternate(kind, 'udp', 2 * ROUNDS - 1):
            result = {k: flooded(lab, k) for k in pair}
            say('  %.3f Gb/s beside %d segments/s, %d bytes held;'
                ' %.3f Gb/s beside %d UDP packets/s'
                % (result[kind] + result['udp'][:2]))
            yield result[kind][0] / result['udp'][0]


bench('stt-reasm-flood', '>= 0.80',
      'Gb/s of an STT flow: beside a flood of unfinished frames / of UDP',
      flood_ratios, 'stt')
bench('stt-reasm-flood-two', '>= 0.80',
      'The same, with two segments of each unfinished frame',
      flood_ratios, 'stt2')


# The kernel datapath.

def kernel_ratios(what, other, nic='plain'):
    """Yields ratios of the results of tests/qemu/bench.sh, measure 'what',
    with STT to those with the tunnel type 'other', in the kernel datapath, on
    a device with the offloads 'nic', see there."""
    kernels = os.path.join(TOP, '_build', 'kernels')
    out = os.path.join(kernels, 'bench')
    qemu = os.path.join(TOP, 'tests', 'qemu')
    os.makedirs(out, exist_ok=True)
    run('gcc', '-O2', '-o', out + '/flood',
        os.path.join(TOP, 'tests', 'bench', 'flood.c'))
    run(qemu + '/get', '6.1', kernels)
    run(qemu + '/build', kernels + '/6.1')
    text = run(qemu + '/vm', '-i', '-t', '1800', kernels + '/6.1', out, 'bash',
               'tests/qemu/bench.sh', str(ROUNDS), nic, what, other, 'stt',
               cwd=TOP)
    for a, b in re.findall(r'^round (\d+) (\d+)$', text, re.M):
        say('  %s: %s %s, stt %s' % (
            {'tcp': 'Mb/s', 'udp': 'packets/s'}[what], other, a, b))
        yield int(b) / int(a)


bench('kstt-over-kvxlan', '>= 1.30',
      'Kernel datapath, one TCP stream, device segments TCP: STT / VXLAN',
      kernel_ratios, 'tcp', 'vxlan')
bench('kstt-over-kvxlan-tso', '>= 0.95',
      'The same, device segments TCP in UDP tunnels, too: STT / VXLAN',
      kernel_ratios, 'tcp', 'vxlan', 'all')
bench('kstt-over-kgeneve', '>= 1.30',
      'Kernel datapath, one TCP stream, device segments TCP: STT / Geneve',
      kernel_ratios, 'tcp', 'geneve')
bench('kstt-over-none', '>= 0.90',
      'Kernel datapath, one TCP stream, device segments TCP: STT / no tunnel',
      kernel_ratios, 'tcp', 'none')
bench('kstt-over-kvxlan-pps', '>= 0.85',
      'Kernel datapath, packets of 64 bytes: STT / VXLAN with csum',
      kernel_ratios, 'udp', 'vxlan')
