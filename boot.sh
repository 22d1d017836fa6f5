#! /bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

# Makes ./configure, which gets Open vSwitch and prepares _build/ovs.
set -e
cd "$(dirname "$0")"
autoreconf --install --force
