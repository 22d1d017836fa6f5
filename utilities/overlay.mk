# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

bin_SCRIPTS += utilities/ovs-oam
EXTRA_DIST += utilities/ovs-oam.in
CLEANFILES += utilities/ovs-oam
FLAKE8_PYFILES += utilities/ovs-oam.in

# For Prometheus and Grafana.
pkgdata_DATA += \
	utilities/ovs-oam.rules.yml \
	utilities/ovs-oam.dashboard.json
EXTRA_DIST += \
	utilities/ovs-oam.rules.yml \
	utilities/ovs-oam.dashboard.json
