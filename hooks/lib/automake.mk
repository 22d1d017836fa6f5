# Why: our sources of the library.
@append

include lib/overlay/automake.mk
