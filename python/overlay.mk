# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

ovs_pyfiles += \
	python/ovs/flow/overlay.py \
	python/ovs/tnl_ipsec.py
