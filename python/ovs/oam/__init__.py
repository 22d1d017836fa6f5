# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The modules of ovs-oam(8).

A module calls only modules above it in this list:

  series      the names of counters
  checked     JSON that hosts have answered, checked
  snapshot    the answer of a switch to "account/dump"
  session     the answer of a switch to "oam/show"
  inventory   the hosts, and the commands that reach them
  collect     polls the hosts in parallel, each with a time limit
  record      sums over restarts, and samples for plots, in SQLite
  view        the sums of all hosts at one time, in memory
  usage       the table of usage by tenant and remote
  history     rates over time, from the samples
  metrics     Prometheus' text format
  ipfix       IPFIX messages
  plot        a plot as SVG
  page        the pages of a tenant and of the site
  access      access rules: addresses, TLS, tokens
  server      the HTTP server
  poller      the loop that polls, records and publishes
  wire        the headers of packets between hosts, as bytes
  agent       captures and probes, on a host
  underlay    what these say about the network between two hosts
  path        the way of a packet over several hosts
  live        live traces of the switches
  prober      the agents of two hosts, together
  trace       follows a packet that a tenant sends
  dry         follows a packet that nobody sends
  health      what is wrong at a site, and who is guilty
  main        the command line
"""
