# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Functions for benchmarks: two hosts, instruction counts, CPU time, and
rounds in which the two sides of a comparison alternate."""

import collections
import contextlib
import ctypes
import functools
import glob
import json
import operator
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
OURS = os.path.join(TOP, '_build', 'ovs')
PRISTINE = os.path.join(TOP, '_build', 'pristine')
OUT = os.path.join(TOP, '_build', 'bench')
ROUNDS = 5
START = time.monotonic()

sys.path.insert(0, os.path.join(TOP, 'tests'))
from wire import ETH_IP, UDP, ip_bytes, ip_header  # noqa: E402

Bench = collections.namedtuple('Bench', 'name goal what rounds')
BENCHES = collections.OrderedDict()


def bench(name, goal, what, rounds, *args):
    """Registers the benchmark 'name'.  rounds(*args) generates ratios, one a
    round.  'goal' is a comparison that the median must meet, such as
    ">= 0.90", and 'what' describes the ratio."""
    BENCHES[name] = Bench(name, goal, what, functools.partial(rounds, *args))


class Failure(Exception):
    """A benchmark that cannot be measured."""


def say(text):
    """Prints 'text' with the seconds since the start."""
    print('[%4d s] %s' % (time.monotonic() - START, text), flush=True)


def run(*args, **kwargs):
    """Runs a command and returns its output; raises Failure if it fails."""
    kwargs.setdefault('stderr', subprocess.STDOUT)
    result = subprocess.run(args, stdout=subprocess.PIPE, text=True,
                            stdin=subprocess.DEVNULL, **kwargs)
    if result.returncode:
        raise Failure('%s: %s' % (' '.join(args), result.stdout))
    return result.stdout


def need(*packages):
    """Installs the missing ones of the Debian 'packages'."""
    missing = [p for p in packages
               if 'ok installed' not in subprocess.run(
                   ['dpkg-query', '-W', '-f', '${Status}', p],
                   capture_output=True, text=True).stdout]
    if missing:
        say('installing ' + ' '.join(missing))
        env = dict(os.environ, DEBIAN_FRONTEND='noninteractive')
        run('apt-get', '-q', 'update')
        run('apt-get', '-q', '-y', '--no-install-recommends', 'install',
            *missing, env=env)


def build_pristine():
    """Builds the pristine upstream in PRISTINE as _build/ovs was built."""
    say('making sure that there is a pristine Open vSwitch to compare with')
    run(TOP + '/build-aux/build-pristine', cwd=TOP)


def alternate(this, other, rounds=ROUNDS):
    """Yields 'this' and 'other', a pair a round, in alternating order."""
    for i in range(rounds):
        yield (this, other) if i % 2 else (other, this)


def met(goal, value):
    """Returns whether 'value' satisfies 'goal'."""
    relation, limit = goal.split()
    return {'>=': operator.ge, '<=': operator.le}[relation](value,
                                                            float(limit))


def measure(b):
    """Runs a Bench and returns an object for results.json."""
    say('%s: %s, goal %s' % (b.name, b.what, b.goal))
    ratios = list(b.rounds())
    median = statistics.median(ratios)
    return {'name': b.name, 'median': round(median, 4),
            'min': round(min(ratios), 4), 'max': round(max(ratios), 4),
            'rounds': len(ratios), 'goal': b.goal,
            'met': met(b.goal, median)}


# Two hosts.

class Lab:
    """The two hosts of tests/lab.sh, from the build tree 'ovs', for use in a
    "with" statement.  'tso' says whether userspace TSO is on, 'mtu' is the
    largest MTU of the VMs, and 'wrapper' is the command to run the
    ovs-vswitchd of h1 under."""

    def __init__(self, ovs=OURS, tso=False, mtu=9000, wrapper=''):
        self.env = dict(os.environ, LAB_OVS=ovs)
        self.dir = self.call('new').strip()
        self.env['LAB_DIR'] = self.dir
        self.env['LAB_WRAPPER_h1'] = wrapper.replace('DIR', self.dir)
        self.up = 'up', 'tso' if tso else 'notso', str(mtu)

    def __enter__(self):
        try:
            self.call(*self.up)
            self.exec('vm2', 'iperf3', '-s', '-D')
        except BaseException:
            self.call('down')
            raise
        return self

    def __exit__(self, *args):
        self.call('down')

    def call(self, *args):
        """Runs a function of lab.sh."""
        return run(TOP + '/tests/lab.sh', *args, env=self.env)

    def exec(self, node, *args):
        """Runs a command on 'node' (h1, h2, vm1, vm2)."""
        return self.call('exec', node, *args)

    def vswitchd(self, host):
        """Returns the process ID of ovs-vswitchd on 'host'."""
        with open('%s/%s/ovs-vswitchd.pid' % (self.dir, host)) as f:
            return int(f.read())

    @contextlib.contextmanager
    def start(self, node, *args):
        """Runs a command on 'node' during a "with" statement."""
        with subprocess.Popen(
                ['ip', 'netns', 'exec', self.netns(node), *args], text=True,
                stdout=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.terminate()

    def link(self, node, port):
        """Returns the attributes and counters of a port of a node."""
        return json.loads(run('ip', '-n', self.netns(node), '-j', '-s',
                              'link', 'show', 'dev', port))[0]

    def netns(self, node):
        return '%s-%s' % (os.path.basename(self.dir), node)

    def connect(self, type_, mtu, *options):
        """Connects the VMs, of MTU 'mtu', by a tunnel."""
        self.call('tunnel', type_, '4', *options)
        self.call('mtu', str(mtu))
        self.call('reach', 'vm1', '10.1.0.2')

    def throughput(self, type_, mtu, *options, seconds=4):
        """Returns the Gb/s of a TCP stream from vm1 to vm2."""
        self.connect(type_, mtu, *options)
        out = json.loads(self.exec('vm1', 'iperf3', '-J', '-c', '10.1.0.2',
                                   '-t', str(seconds)))
        if 'sum_received' not in out['end']:
            raise Failure('iperf3: %s' % out.get('error', 'no result'))
        return out['end']['sum_received']['bits_per_second'] / 1e9

    def socket(self, node, port):
        """Returns a raw socket on 'port' of 'node'."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open('/proc/self/ns/net') as home, \
                open('/run/netns/' + self.netns(node)) as there:
            if libc.setns(there.fileno(), 0):
                raise Failure(os.strerror(ctypes.get_errno()))
            try:
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                sock.bind((port, 0))
            finally:
                libc.setns(home.fileno(), 0)
        return sock


# One switch.

class DummySwitch:
    """An Open vSwitch from the build tree 'ovs', with dummy datapaths, for use
    in a "with" statement.  If 'toggle' is given, counts the instructions of
    the functions that match it; after the statement, 'profile' is their
    Profile."""

    def __init__(self, ovs, toggle=None):
        self.ovs = ovs
        self.toggle = toggle
        self.dir = tempfile.mkdtemp(prefix='ovs-bench.')
        self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir,
                        OVS_DBDIR=self.dir, OVS_SYSCONFDIR=self.dir,
                        OVS_PKGDATADIR=ovs + '/vswitchd')
        self.server = self.switch = self.profile = None

    def __enter__(self):
        try:
            run(self.ovs + '/ovsdb/ovsdb-tool', 'create',
                self.dir + '/conf.db',
                self.ovs + '/vswitchd/vswitch.ovsschema', env=self.env)
            self.server = subprocess.Popen(
                [self.ovs + '/ovsdb/ovsdb-server', '-vconsole:off',
                 '--remote=punix:%s/db.sock' % self.dir,
                 self.dir + '/conf.db'], env=self.env)
            self.vsctl('--retry', '--no-wait', 'init')
            self.switch = subprocess.Popen(
                (callgrind(self.toggle, self.dir + '/callgrind.out')
                 if self.toggle else [])
                + [self.ovs + '/vswitchd/ovs-vswitchd', '-vconsole:off',
                   '--pidfile', '--enable-dummy', '--disable-system',
                   '--disable-system-route'],
                env=self.env, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *args):
        if self.switch:
            self.switch.terminate()
            self.switch.wait()
            if self.toggle and not any(args):
                self.profile = Profile(self.dir + '/callgrind.out')
        if self.server:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.dir)

    def tool(self, name, *args):
        """Runs a program of Open vSwitch for this switch."""
        return run(self.ovs + '/utilities/' + name, '--timeout=300', *args,
                   env=self.env)

    def vsctl(self, *args):
        return self.tool('ovs-vsctl', *args)

    def appctl(self, *args):
        return self.tool('ovs-appctl', *args)

    def flow(self, bridge, flow):
        """Adds an OpenFlow flow, and waits until it has taken effect."""
        self.tool('ovs-ofctl', 'add-flow', bridge, flow)
        self.appctl('revalidator/wait')

    def receive(self, port, frames):
        """Has the dummy 'port' receive 'frames', and waits until the datapath
        has taken them.  The port's queue has room for 100."""
        def received():
            return int(re.search(r'port \d+: %s .*\n *RX packets:(\d+)' % port,
                                 self.appctl('dpctl/show', '-s')).group(1))

        for i in range(0, len(frames), 100):
            some = [frame.hex() for frame in frames[i:i + 100]]
            end = received() + len(some)
            self.appctl('netdev-dummy/receive', port, *some)
            while received() < end:
                time.sleep(.01)


# Instructions.

def udp_frame(src, dst, size, port):
    """Returns an Ethernet frame of 'size' bytes with UDP, to an IP address
    that no host has, so that there is no answer."""
    udp = struct.pack('!HHHH', port, 9, size - 34, 0).ljust(size - 34, b'x')
    return (dst + src + struct.pack('!H', ETH_IP)
            + ip_header(ip_bytes('10.1.0.77'), ip_bytes('10.1.0.99'), UDP, udp,
                        frag=0))


class Profile:
    """Instruction counts of a file written by callgrind: 'total', and
    'calls', a list of (caller, callee, number of calls, instructions)."""

    def __init__(self, path):
        names = {}
        self.calls = []
        self.total = 0
        fn = callee = count = None

        def name(value):
            number, _, text = value.partition(' ')
            return names.setdefault(number, text)

        with open(path) as f:
            for line in f:
                key, _, value = line.rstrip('\n').partition('=')
                if key == 'fn':
                    fn = name(value)
                elif key == 'cfn':
                    callee = name(value)
                elif key == 'calls':
                    count = int(value.split()[0])
                elif count is not None:
                    self.calls.append((fn, callee, count,
                                       int(line.split()[1])))
                    count = None
                elif line.startswith('totals:'):
                    self.total = int(line.split()[1])

    def inclusive(self, functions):
        """Returns the instructions spent in 'functions' and in functions that
        they call.  Calls among 'functions' are not counted twice."""
        return sum(cost for caller, callee, _, cost in self.calls
                   if callee in functions and caller not in functions)

    def count(self, caller, callee):
        """Returns how often 'caller' called 'callee'."""
        return sum(n for c, d, n, _ in self.calls
                   if c.startswith(caller) and d.startswith(callee))


def callgrind(toggle, path):
    """Returns a command line to run a program under valgrind, counting the
    instructions of the functions that match 'toggle' into a file 'path'.

    The allocator is one whose calls always take the same time; the time of
    glibc's depends on earlier calls."""
    if not glob.glob('/usr/lib/*/libtcmalloc_minimal.so.4'):
        need('libtcmalloc-minimal4')
    allocator, = glob.glob('/usr/lib/*/libtcmalloc_minimal.so.4')
    return ['env', 'LD_PRELOAD=' + allocator, 'valgrind', '--tool=callgrind',
            '--callgrind-out-file=' + path, '--toggle-collect=' + toggle]


class CountedLab(Lab):
    """A Lab that counts instructions on h1."""
    POLL = 'dp_netdev_process_rxq_port'     # Takes up to 32 from one port.
    # Functions of push and pop; sending completes the checksums.
    TUNNEL = {'netdev_push_header', 'netdev_pop_header',
              'dp_packet_ol_send_prepare'}
    # One less than a full batch, after which h1 would poll again.
    BURST, BURSTS = 31, 5

    def __init__(self, ovs=OURS):
        super().__init__(ovs, mtu=1500,
                         wrapper=' '.join(callgrind(self.POLL, 'DIR/cg')))

    def __enter__(self):
        super().__enter__()
        self.pid = self.vswitchd('h1')
        # Each flow gets an entry in the exact match cache.
        for host in 'h1', 'h2':
            self.exec(host, 'ovs-vsctl', 'set', 'Open_vSwitch', '.',
                      'other_config:emc-insert-inv-prob=1')
        self.sockets = {vm: self.socket(vm, 'eth0') for vm in ('vm1', 'vm2')}
        self.macs = {
            vm: bytes.fromhex(self.link(vm, 'eth0')['address'].replace(':',
                                                                       ''))
            for vm in ('vm1', 'vm2')}
        return self

    def __exit__(self, *args):
        for sock in self.sockets.values():
            sock.close()
        super().__exit__(*args)

    def dump(self):
        """Returns the Profile since the last dump."""
        for path in glob.glob(self.dir + '/cg*'):
            os.unlink(path)
        run('callgrind_control', '--dump', str(self.pid))
        for _ in range(100):
            for path in glob.glob(self.dir + '/cg.*'):
                profile = Profile(path)
                if 'totals' in open(path).read():
                    return profile
            time.sleep(.1)
        raise Failure('callgrind wrote no counts')

    def arrived(self):
        """Returns the numbers of packets that h1 has sent to the VM and to the
        underlay."""
        return (self.link('vm1', 'eth0')['stats64']['rx']['packets'],
                self.link('h2', 'phy')['stats64']['rx']['packets'])

    def wait(self, before, *n):
        """Waits until h1 has sent n[0] packets to the VM and n[1] to the
        underlay since arrived() returned 'before'."""
        for _ in range(200):
            if all(b - a >= c for a, b, c in zip(before, self.arrived(), n)):
                return
            time.sleep(.05)
        raise Failure('frames were lost: %s, %s' % (before, self.arrived()))

    def settle(self):
        """Waits until h1 has polled all of its ports and sleeps."""
        while True:
            with open('/proc/%d/stat' % self.pid) as f:
                if f.read().rpartition(')')[2].split()[0] == 'S':
                    return
            time.sleep(.01)

    def burst(self, frames, crosses=False):
        """Sends BURST times each of 'frames', {vm: frame}, to a stopped h1,
        continues it, and waits until it has sent all of them.  With 'crosses',
        frames from the underlay go back there.  Returns the Profile of the
        burst."""
        n_in = self.BURST * ('vm2' in frames)
        n_out = self.BURST * ('vm1' in frames)
        with self.stopped(n_in, *((0, n_in) if crosses else (n_in, n_out))):
            for vm, frame in frames.items():
                for _ in range(self.BURST):
                    self.sockets[vm].send(frame)
        return self.dump()

    @contextlib.contextmanager
    def stopped(self, n_in, n_vm, n_out):
        """Stops h1 while the body of the "with" statement sends packets, until
        'n_in' of them have arrived from the underlay; then continues it, and
        waits until it has sent 'n_vm' packets to the VM and 'n_out' to the
        underlay."""
        before = self.arrived()
        waiting = self.link('h1', 'phy')['stats64']['rx']['packets']
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
            while (self.link('h1', 'phy')['stats64']['rx']['packets']
                   < waiting + n_in):
                time.sleep(.01)
        finally:
            os.kill(self.pid, signal.SIGCONT)
        self.wait(before, n_vm, n_out)
        self.settle()

    def count(self, size, senders=('vm1', 'vm2'), crosses=False, rare=None):
        """Sends frames of 'size' bytes from each VM of 'senders' to the other.
        Returns the instructions for one frame through h1 (the mean of the
        directions), those for a push and a pop, with the checksums, and the
        number of frames copied to get headroom.  'crosses' is as for burst();
        bursts in which h1 calls the function 'rare' are ignored."""
        peers = {'vm1': 'vm2', 'vm2': 'vm1'}
        frames = {vm: udp_frame(self.macs[vm], self.macs[peers[vm]], size,
                                1000)
                  for vm in senders}
        self.burst(frames, crosses)

        # Ignore bursts with other packets, or in which h1 did not poll each
        # port once: it polled twice, or callgrind wrote the counts before h1
        # had polled all of them.
        ports = len(re.findall(r'port \d+: \S+(?: \(tap\))?$',
                               self.exec('h1', 'ovs-appctl', 'dpctl/show'),
                               re.MULTILINE))
        best = []
        for _ in range(50):
            profile = self.burst(frames, crosses)
            if (profile.count(self.POLL, 'dp_netdev_input__') == len(frames)
                    and profile.count('dpif_netdev_run', self.POLL) == ports
                    and not (rare and profile.count('', rare))):
                best.append(profile)
                if len(best) == self.BURSTS:
                    break
        else:
            raise Failure('h1 is never quiet')
        return (statistics.median(p.total for p in best)
                / self.BURST / len(frames),
                statistics.median(p.inclusive(self.TUNNEL) for p in best)
                / self.BURST,
                max(p.count('', 'dp_packet_resize') for p in best))

    @contextlib.contextmanager
    def second_tunnel(self, type_):
        """Makes a second tunnel, of 'type_'.  h1 sends to it the packets that
        it receives from the first one, and h2 drops them."""
        port = '77'
        for host, peer in ('h1', '10.9.0.2'), ('h2', '10.9.0.1'):
            # First the flows: two tunnels and NORMAL are a loop.
            self.exec(host, 'ovs-ofctl', 'add-flow', 'br-int',
                      'priority=100,in_port=%s,actions=drop' % port)
            self.exec(host, 'ovs-vsctl', 'add-port', 'br-int', 'second',
                      '--', 'set', 'interface', 'second', 'type=' + type_,
                      'ofport_request=' + port, 'options:key=4243',
                      'options:remote_ip=' + peer)
        self.exec('h1', 'ovs-ofctl', 'add-flow', 'br-int',
                  'priority=100,in_port=tun,actions=' + port)
        self.exec('h1', 'ovs-appctl', 'revalidator/wait')
        yield
        for host in 'h1', 'h2':
            self.exec(host, 'ovs-vsctl', 'del-port', 'second')
            self.exec(host, 'ovs-ofctl', '--strict', 'del-flows', 'br-int',
                      'priority=100,in_port=' + port)
        self.exec('h1', 'ovs-ofctl', '--strict', 'del-flows', 'br-int',
                  'priority=100,in_port=tun')
        self.exec('h1', 'ovs-appctl', 'revalidator/wait')


# CPU time.

def cpu_seconds(pid):
    """Returns the CPU time of the threads of process 'pid', in seconds."""
    total = 0
    for path in glob.glob('/proc/%d/task/*/schedstat' % pid):
        with open(path) as f:
            total += int(f.read().split()[0]) / 1e9
    return total


def resident(pid):
    """Returns the resident memory of process 'pid', in bytes."""
    with open('/proc/%d/statm' % pid) as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def stop(pid):
    """Stops process 'pid' and waits until all of its threads have stopped."""
    os.kill(pid, signal.SIGSTOP)
    for path in glob.glob('/proc/%d/task/*/stat' % pid):
        while True:
            with open(path) as f:
                if f.read().rpartition(')')[2].split()[0] == 'T':
                    break


def rx_packets(pid, port):
    """Returns the number of packets received by 'port' in the network
    namespace of process 'pid'."""
    with open('/proc/%d/net/dev' % pid) as f:
        return int(re.search(r'^ *%s: *\d+ +(\d+)' % port, f.read(),
                             re.M).group(1))
