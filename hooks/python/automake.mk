# Build: our sources, documentation and test suites.  This file is included
# after upstream's.
@append

include lib/overlay/overlay.mk
include ofproto/overlay.mk
include Documentation/overlay.mk
include tests/overlay.mk
include python/overlay.mk
include utilities/overlay.mk
