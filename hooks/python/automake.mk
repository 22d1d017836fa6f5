# Why: our part of the flow parser.
@append

ovs_pyfiles += \
	python/ovs/flow/overlay.py \
	python/ovs/tnl_ipsec.py
