# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# FRR, which tests/get-routing got, on nodes of a lab; source this file after
# tests/lab.sh.

# Runs a program of FRR on node $1, with the user and the group that it wants.
frr_run() {
    local frr
    frr=$(cd "$LAB_OVS/../routing" && pwd) || return
    lab_exec "$1" unshare --mount sh -c '
        mount --bind "$1/passwd" /etc/passwd &&
            mount --bind "$1/group" /etc/group || exit
        LD_LIBRARY_PATH=$(echo "$1"/usr/lib/*/frr | head -n 1)
        LD_LIBRARY_PATH=$LD_LIBRARY_PATH:${LD_LIBRARY_PATH%/frr}
        export LD_LIBRARY_PATH
        program=$1/usr/$2
        shift 2
        exec "$program" "$@"' sh "$frr" "${@:2}"
}

# Starts FRR's daemon $2 on node $1: "zebra", or another one, which reads its
# configuration from stdin.
frr_start() {
    local dir=$LAB_DIR/$1/frr
    mkdir -p "$dir" && echo "username root nopassword" >"$dir/vtysh.conf" ||
        return
    if test "$2" = zebra; then
        : >"$dir/$2.conf"
    else
        cat >"$dir/$2.conf"
    fi
    lab_run frr_run "$1" "lib/frr/$2" -d -u root -g root \
        -f "$dir/$2.conf" -i "$dir/$2.pid" -z "$dir/zserv.api" \
        --vty_socket "$dir" --log "file:$dir/$2.log"
}

# Ends FRR's daemon $2 on node $1.
frr_end() {
    local pid
    pid=$(cat "$LAB_DIR/$1/frr/$2.pid") || return
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        sleep .1
    done
}

# Runs the command $2 of FRR on node $1.
frr_vtysh() {
    frr_run "$1" bin/vtysh --vty_socket "$LAB_DIR/$1/frr" \
        --config_dir "$LAB_DIR/$1/frr" -c "$2"
}
