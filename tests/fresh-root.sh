# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Root directories with the base packages of Debian and a clone of the current
# commit, for tests of what happens where nothing is installed.  To be sourced
# by bash in the top directory.  Needs root and debootstrap.

top=$PWD
fresh=$top/_build/fresh
mkdir -p "$fresh" || exit

# Makes the root directory $1 of release $2, with packages from the mirror that
# this machine uses.
make_root() {
    local root=$fresh/$1 uri
    uri=$(cd build-aux && python3 -B -c \
        'import debian; print(debian.mirrors()[0])') || return
    rm -rf --one-file-system "$root" &&
    debootstrap --variant=minbase --include=ca-certificates "$2" "$root" \
        "$uri" || return
    apt-config dump | grep -E '^Acquire::(Check|Retries|https?)' \
        >"$root/etc/apt/apt.conf.d/90machine"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    git clone -q "$top" "$root/root/ovs-overlay"
}

# Becomes a command in the clone in the root directory $1, with processes and
# mounts of its own, which end with it.
in_root() {
    # shellcheck disable=SC2016
    exec unshare --mount --pid --fork --kill-child sh -c '
        mount --bind "$0" "$0" && cd "$0" &&
        mount -t proc proc proc && mount --rbind /sys sys &&
        mount --rbind /dev dev && mount -t tmpfs run run &&
        mkdir run/lock run/netns &&
        exec chroot . env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            sh -c "cd /root/ovs-overlay && exec \"\$@\"" sh "$@"' \
        "$fresh/$1" "${@:2}" </dev/null
}

# Removes the root directory $1.
remove_root() {
    rm -rf --one-file-system "${fresh:?}/$1"
}

# Runs a command, titled $2, for release $1 and prints its result.
try() {
    local release=$1 title=$2 log=$fresh/$1-${2//[^a-z-]/} result=ok last
    shift 2
    "$@" >"$log.log" 2>&1 &
    child=$!
    wait $child || result=FAILED
    child=
    # After "done", quickstart prints further lines.
    last=$(grep -E '\] done$|^[0-9]+ passed' "$log.log" ||
        tail -n 1 "$log.log")
    echo "$result $release: $title: ${last##*$'\n'}"
    test $result = ok || {
        tail -n 20 "$log.log" | sed "s/^/    $release: /"
        return 1
    }
}

child=
# unshare does not end by SIGTERM.
trap 'test -z "$child" || kill -KILL "$child"; exit 143' TERM INT
