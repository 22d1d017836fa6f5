# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

ovs_pyfiles += \
	python/ovs/flow/overlay.py \
	python/ovs/oam/__init__.py \
	python/ovs/oam/access.py \
	python/ovs/oam/agent.py \
	python/ovs/oam/checked.py \
	python/ovs/oam/collect.py \
	python/ovs/oam/dry.py \
	python/ovs/oam/health.py \
	python/ovs/oam/history.py \
	python/ovs/oam/inventory.py \
	python/ovs/oam/ipfix.py \
	python/ovs/oam/live.py \
	python/ovs/oam/main.py \
	python/ovs/oam/metrics.py \
	python/ovs/oam/page.py \
	python/ovs/oam/path.py \
	python/ovs/oam/plot.py \
	python/ovs/oam/poller.py \
	python/ovs/oam/prober.py \
	python/ovs/oam/record.py \
	python/ovs/oam/series.py \
	python/ovs/oam/server.py \
	python/ovs/oam/session.py \
	python/ovs/oam/snapshot.py \
	python/ovs/oam/trace.py \
	python/ovs/oam/underlay.py \
	python/ovs/oam/usage.py \
	python/ovs/oam/view.py \
	python/ovs/oam/wire.py \
	python/ovs/tnl_ipsec.py
