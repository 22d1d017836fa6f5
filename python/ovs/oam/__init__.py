# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The modules of ovs-oam(8).

A module calls only modules above it in this list:

  series      the names of counters
  snapshot    the answer of a switch to "account/dump", checked
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
  main        the command line
"""
