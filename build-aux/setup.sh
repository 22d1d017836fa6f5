# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Common functions of ./quickstart and ./run-tests, which install packages and
# build in _build/ovs.  To be sourced by bash in the top directory, with 'log'
# the name of the file for the output of commands.

# Packages for the build, with the same names in Debian 12 and 13.
BUILD_PACKAGES='autoconf automake ca-certificates g++ gcc libbpf-dev libc6-dev
    libcap-ng-dev libnuma-dev libssl-dev libtool libunbound-dev libxdp-dev make
    pkg-config python3 python3-sphinx'

# Packages that ./configure uses if they are installed.
OPTIONAL_PACKAGES='graphviz groff libunwind-dev python3-flake8
    python3-hacking sparse systemtap-sdt-dev valgrind'

# Use ccache if it is installed: the compilers here are links to it.
PATH=/usr/lib/ccache:$PATH

# Prints a message, with the seconds since the start.
say() {
    printf '[%4ds] %s\n' "$SECONDS" "$*"
}

# File descriptor 3 is for messages to the user, when stdout goes to a log.
exec 3>&1
busy=

# Prints an error message and ends the program.
fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Runs a command, and every 15 seconds prints the output of function $1.
# 'busy' is the process id of the command meanwhile.  Returns its exit status.
run_and_say() {
    local what=$1 i=0 pid
    shift
    set -m                      # A process group of its own, for stop_busy.
    "$@" </dev/null &
    set +m
    pid=$!
    busy=$pid
    while kill -0 $pid 2>/dev/null; do
        sleep 1
        test $((++i % 15)) != 0 || say "  ... $("$what")" >&3
    done
    busy=
    wait $pid
}

# Stops the command of run_and_say, with all of its processes.
stop_busy() {
    test -z "$busy" || kill -- -"$busy" 2>/dev/null
    busy=
}

# Prints the last line of the log, after the name of the test 'name', if any.
last_of_log() {
    echo "${name:+$name: }$(tail -n 1 "$log" | cut -c 1-60)"
}

# Runs a command that takes long, with its output in the log file.  $1 is a
# description for the user, the rest is the command.
patiently() {
    local what=$1
    shift
    say "$what (log: $log)"
    run_and_say last_of_log "$@" >>"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        fail "$what failed; all of the output is in $log"
    }
}

# Prints the packages among $@ that are not installed.
missing_packages() {
    local p
    for p; do
        dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
            grep -q ' installed$' || echo "$p"
    done
}

# Installs the packages among $@ that are missing; with 'no_install' set, fails
# with their names instead.
install_packages() {
    local missing
    command -v apt-get >/dev/null || fail "only Debian 12 and 13 are known"
    missing=$(missing_packages "$@" | xargs)
    test -n "$missing" || return 0
    test -z "$no_install" || fail "these packages are missing: $missing"
    patiently "updating the list of packages" apt-get -q update
    # shellcheck disable=SC2086
    patiently "installing $missing" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $missing
}

# Builds in _build/ovs, or updates the build.  Uses Debian's own Python,
# because another one in $PATH lacks the modules of Debian's packages.
build() {
    local state
    # shellcheck disable=SC2086
    state=$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' \
        $BUILD_PACKAGES $OPTIONAL_PACKAGES 2>/dev/null | grep ' installed$')
    test -e configure || patiently "making ./configure" ./boot.sh
    if test ! -e Makefile; then
        patiently "getting and configuring Open vSwitch" ./configure \
            CFLAGS="-g -O2" PYTHON3=/usr/bin/python3
    elif test "$state" != "$(cat _build/packages 2>/dev/null)"; then
        patiently "configuring again, since packages changed" \
            sh -c './config.status --recheck && ./config.status'
    fi
    echo "$state" >_build/packages
    patiently "building in _build/ovs (2 minutes on 2 cores, less later)" \
        make -j"$(nproc)" V=0
}
