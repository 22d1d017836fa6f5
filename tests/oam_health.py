# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Answers to "oam/show" for tests of "ovs-oam health", and a model of a
network with faults that it must find.

usage: oam_health.py show [SESSION...]
       oam_health.py mesh N [RULE...]
       oam_health.py many N
       oam_health.py faults SEED N MINIMUM

"show" prints an answer.  Each SESSION is "PORT REMOTE [WORD...]", where a WORD
is one of

  unknown, down     the state of all 16 paths
  down=N            N paths are down
  loss=N:LOST       N paths lose LOST of 100 test packets
  mtu=N:MTU         N paths pass no longer packets than MTU
  KEY=STATE         a tenant, all of whose 120 frames are "lost" or "dropped"

"mesh" writes answers of the hosts hv1 to hvN, with sessions between all.  A
RULE is "FROM>TO:WORD", where "*" is all hosts.

"many" writes an inventory of N hosts, "hosts", with their answers.  Each has
20 sessions with others, and the last host is not reached.

"faults" makes N faults in the model, and prints whether the verdicts name the
place of at least MINIMUM."""

import ipaddress
import json
import random
import re
import sys
import zlib

from ovs.oam import collect, health, inventory, session, underlay

PATHS, SENT = 16, 100


def say(port, remote, *words):
    """Returns a session as "oam/show" prints it."""
    paths = [{"source_port": 50000 + i, "state": "up", "sent": SENT, "lost": 0}
             for i in range(PATHS)]
    said = {"port": port, "type": "geneve", "remote": remote, "state": "up",
            "since": 1, "interval": 1000, "rtt_us": 300, "mtu": 1500,
            "paths": paths, "tenants": []}
    for word in words:
        name, _, value = word.partition("=")
        if name.isdecimal():
            received = 120 if value == "dropped" else 0
            said["tenants"].append({
                "tenant": name, "state": value, "sent": 120,
                "received": received, "dropped": received})
            continue
        n, _, value = value.partition(":")
        said["state"] = "degraded" if n else name
        for one in paths[:int(n or PATHS)]:
            if name == "loss":
                one["lost"] = int(value)
            elif name == "mtu":
                one["mtu"] = int(value)
            else:
                one.update(state=name, lost=SENT)
    return said


def address(host):
    return str(ipaddress.ip_address("192.0.2.0") + host)


def mesh(n, rules):
    """Writes the hosts of "mesh"."""
    rules = [re.match(r"(.)>(.):(.*)\Z", rule).groups() for rule in rules]
    for host in range(1, n + 1):
        with open("hv%d-oam.json" % host, "w", encoding="utf-8") as file:
            json.dump([say("gnv0", address(other), *(
                word for source, target, word in rules
                if source in ("*", str(host)) and target in ("*", str(other))))
                for other in range(1, n + 1) if other != host], file)


def many(n):
    """Writes the hosts of "many"."""
    with open("hosts", "w", encoding="utf-8") as hosts:
        for host in range(1, n + 1):
            print("[h%d]\nvtep = %s\nvia = sh host h%d"
                  % (host, address(host), host), file=hosts)
            others = [(host + i * i - 1) % n + 1 for i in range(1, 21)]
            with open("h%d-oam.json" % host, "w", encoding="utf-8") as file:
                json.dump([say("gnv0", address(other), *(
                    ["down"] if n in (host, other) else []))
                    for other in others], file)


class Model:
    """Hosts at leaves, which several spines connect, with a fault.  A packet
    passes nodes: hosts by number, leaves and spines by name."""

    LEAVES, SPINES, HOSTS = 4, 4, 12

    def __init__(self, rng):
        self.rng = rng
        self.salt = rng.random()
        self.fault = rng.choice(("down", "loss", "mtu"))
        leaf = "leaf%d" % rng.randrange(self.LEAVES)
        spine = "spine%d" % rng.randrange(self.SPINES)
        # A spine loses all packets, or its link to a leaf in one direction.
        self.place = rng.choice(((spine,), (leaf, spine), (spine, leaf)))

    def way(self, source, target, port):
        """Returns the nodes from 'source' to 'target'."""
        leaves = ["leaf%d" % (host % self.LEAVES) for host in (source, target)]
        if leaves[0] == leaves[1]:
            return [source, leaves[0], target]
        number = zlib.crc32(repr((self.salt, source, target, port)).encode())
        return [source, leaves[0], "spine%d" % (number % self.SPINES),
                leaves[1], target]

    def lost_behind(self, way):
        """Returns the index of the last node in 'way' that packets pass if
        they meet the fault, or None."""
        for i in range(1, len(way) - 1):
            if self.place in ((way[i],), tuple(way[i:i + 2])):
                return i
        return None

    def path(self, source, target, port):
        """Returns the path as "oam/show" does."""
        hit = any(self.lost_behind(self.way(*ends, port)) is not None
                  for ends in ((source, target), (target, source)))
        one = {"source_port": port, "state": "up", "sent": SENT, "lost": 0}
        if hit and self.fault == "down":
            one.update(state="down", lost=SENT)
        elif hit and self.fault == "loss":
            one["lost"] = sum(self.rng.random() < .08 for _ in range(SENT))
        elif hit:
            one["mtu"] = 1400
        return one

    def answer(self, source):
        """Returns the collect.Answer of host 'source'."""
        said = []
        for target in range(1, self.HOSTS + 1):
            if target != source:
                said.append(dict(say("gnv0", address(target)), paths=[
                    self.path(source, target, 50000 + i)
                    for i in range(PATHS)]))
        return collect.Answer("h%d" % source, 0, sessions=session.parse(
            json.dumps(said).encode()))

    def find(self, source, target, port, size):
        """Returns the underlay.Finding of probes.  A router in 50 does not
        answer."""
        way = self.way(source, target, port)
        last = self.lost_behind(way)
        lost = last is not None and (
            self.fault == "down" or self.fault == "mtu" and size > 1400)
        hops = [(None if self.rng.random() < .02 else
                 "%s-from-%s" % (way[i], way[i - 1]), .1)
                for i in range(1, last + 1 if lost else len(way) - 1)]
        while lost and hops and not hops[-1][0]:
            hops.pop()
        return underlay.Finding(hops=tuple(hops), reached=not lost)

    def look(self, look):
        """Returns what Prober.look_all() finds for 'look'."""
        ends = int(look.sender[1:]), int(look.target[1:])
        return tuple([self.find(*way, port, look.size) for port in look.ports]
                     for way in (ends, ends[::-1]))

    def is_named(self, lines):
        """Returns whether 'lines' name the place, and no other spine."""
        named = {word.partition("-")[0] for line in lines
                 for word in line.split() if "-from-" in word}
        spines = {name for name in named if name.startswith("spine")}
        return bool(named & set(self.place)) and spines <= set(self.place)


def faults(seed, n, minimum):
    """Prints the result of "faults"."""
    rng = random.Random(seed)
    right = 0
    hosts = {"h%d" % i: inventory.Host("h%d" % i, (address(i),), ())
             for i in range(1, Model.HOSTS + 1)}
    for _ in range(n):
        model = Model(rng)
        site = health.Site(map(model.answer, range(1, Model.HOSTS + 1)), hosts)
        looks = site.looks()
        verdicts = site.judge(looks, {index: model.look(look)
                                      for index, look in looks.items()}, "")
        lines = [verdict.lines[0] for verdict in verdicts
                 if "-from-" in verdict.lines[0]]
        if lines and all(model.is_named([line]) for line in lines):
            right += 1
        else:
            print(model.fault, model.place, lines, file=sys.stderr)
    print("%s %d of %d faults named" % (
        ("at least", minimum, n) if right >= minimum else ("only", right, n)))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "show":
        print(json.dumps([say(*words.split()) for words in arguments]))
    elif command == "mesh":
        mesh(int(arguments[0]), arguments[1:])
    else:
        {"many": many, "faults": faults}[command](*map(int, arguments))
