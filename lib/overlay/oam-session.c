/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/oam-session.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "overlay/stamp.h"
#include "util.h"

#define MSEC 1000
#define SEC (1000 * MSEC)

/* How many test packets in a row change the state of a path, and the time
 * between them if they are sent at once. */
#define N_ROW 3
#define BURST_INTERVAL (100 * MSEC)

/* A test packet is lost if it is not answered in four round-trip times more
 * than the first, and at most the second. */
#define TIMEOUT_MIN (500 * MSEC)
#define TIMEOUT_MAX (5 * SEC)

/* A path loses packets if at least this many, and this part, was lost of those
 * in the last two minutes, until it is less than the second part. */
#define LOSS_MIN 3
#define LOSS_PERCENT 2
#define LOSS_PERCENT_END 1

/* Length of a part of an observation of a tenant, more than the counters of
 * either host are behind.  And number of packets in the second part from which
 * to conclude something. */
#define TENANT_PART (15 * SEC)
#define TENANT_MIN 10

const char *
ovl_oam_state_to_string(enum ovl_oam_state state)
{
    return (state == OVL_OAM_UP ? "up"
            : state == OVL_OAM_DEGRADED ? "degraded"
            : state == OVL_OAM_DOWN ? "down"
            : "unknown");
}

/* Makes '*s' a session with 'n_paths' paths, 1 to OVL_OAM_MAX_PATHS, that
 * sends a test packet every 'interval' on each, the first with sequence number
 * 'seq'. */
void
ovl_oam_session_init(struct ovl_oam_session *s, unsigned int n_paths,
                     int64_t interval, uint32_t seq, int64_t now)
{
    memset(s, 0, sizeof *s);
    s->n_paths = n_paths;
    s->interval = interval;
    s->timeout = TIMEOUT_MIN;
    s->turn_due = now;
    s->turn = n_paths - 1;
    s->epoch = now / OVL_OAM_BUCKET;
    s->seq = s->tail = seq;
    s->mask = ROUND_UP_POW2(16 * n_paths) - 1;
    s->ring = xcalloc(s->mask + 1, sizeof *s->ring);
    s->paths = xcalloc(n_paths, sizeof *s->paths);
    for (unsigned int i = 0; i < n_paths; i++) {
        /* Spread over the interval. */
        s->paths[i].due = now + interval * i / n_paths;
        s->paths[i].big_due = INT64_MAX;
        s->paths[i].passes = OVL_STAMP_MIN_LEN;
    }
}

void
ovl_oam_session_uninit(struct ovl_oam_session *s)
{
    free(s->ring);
    free(s->paths);
}

void
ovl_oam_session_set_interval(struct ovl_oam_session *s, int64_t interval)
{
    s->interval = interval;
}

/* Makes 'size' the size of the largest frames, without FCS, that 's' sends; 0
 * not to test it. */
void
ovl_oam_session_set_full_size(struct ovl_oam_session *s, uint16_t size)
{
    size = MIN(size, OVL_STAMP_MAX_LEN);
    if (size < OVL_STAMP_MIN_LEN + 4) {
        size = 0;
    }
    if (size != s->full_size) {
        s->full_size = size;
        for (unsigned int i = 0; i < s->n_paths; i++) {
            s->paths[i].passes = OVL_STAMP_MIN_LEN;
            s->paths[i].fails = 0;
            s->paths[i].again = false;
            s->paths[i].n_big_lost = 0;
            s->paths[i].big_due = INT64_MAX;
        }
    }
}

/* Returns true if a test packet of 's' was ever answered. */
static bool
was_answered(const struct ovl_oam_session *s)
{
    return s->n_answered > 0;
}

/* Returns true if the largest size that 'path' passes is still searched. */
bool
ovl_oam_path_is_searching(const struct ovl_oam_path *path)
{
    return path->fails && path->fails > path->passes + 1
           && path->fails > OVL_STAMP_MIN_LEN + 5;
}

/* Returns the size of the next large test packet on 'path'. */
static uint16_t
next_size(const struct ovl_oam_session *s, const struct ovl_oam_path *path)
{
    return (path->again ? path->passes
            : ovl_oam_path_is_searching(path)
            ? MAX((path->passes + path->fails) / 2, OVL_STAMP_MIN_LEN + 4)
            : s->full_size);
}

static void
count(struct ovl_oam_session *s, struct ovl_oam_path *path, bool lost)
{
    path->sent[s->epoch % OVL_OAM_BUCKETS]++;
    path->lost[s->epoch % OVL_OAM_BUCKETS] += lost;
}

/* Starts to send test packets on 'path' at once. */
static void
start_burst(struct ovl_oam_path *path, int64_t now)
{
    path->n_burst = N_ROW;
    path->due = now;
}

/* A test packet of the least size, sent at 'sent', was lost on 'path'. */
static void
small_lost(struct ovl_oam_session *s, struct ovl_oam_path *path, int64_t sent,
           int64_t now)
{
    if (!was_answered(s) || sent < path->up_since) {
        return;                 /* That is known. */
    }
    count(s, path, true);
    path->n_answered = 0;
    if (++path->n_lost >= N_ROW) {
        path->state = OVL_OAM_DOWN;
    } else if (path->n_lost == 1) {
        start_burst(path, now);
    }
}

/* A test packet of the least size was answered on 'path'.  If 'late', it had
 * been taken for lost, and counted in 'bucket'. */
static void
small_answered(struct ovl_oam_session *s, struct ovl_oam_path *path,
               bool late, uint8_t bucket, int64_t now)
{
    if (!late) {
        count(s, path, false);
    } else if (path->lost[bucket]) {
        path->lost[bucket]--;
    }
    path->n_lost = 0;
    if (path->state == OVL_OAM_DOWN) {
        if (++path->n_answered >= N_ROW) {
            path->n_answered = 0;
            path->state = OVL_OAM_UP;
            path->up_since = now;

            /* It lost these because it was down, which is over. */
            memset(path->sent, 0, sizeof path->sent);
            memset(path->lost, 0, sizeof path->lost);
        } else if (path->n_answered == 1) {
            start_burst(path, now);
        }
    } else {
        path->state = OVL_OAM_UP;
    }
}

/* A large test packet of 'size' was lost on 'path'. */
static void
big_lost(struct ovl_oam_path *path, uint16_t size, int64_t now)
{
    path->big_due = INT64_MAX;
    if (path->n_lost || path->state != OVL_OAM_UP) {
        /* Its size is not the reason. */
        path->n_big_lost = 0;
        path->again = false;
        return;
    }
    if (++path->n_big_lost >= N_ROW) {
        bool known = path->fails && size > path->fails;

        path->n_big_lost = 0;
        if (!path->fails || size < path->fails) {
            path->fails = size;
        }
        if (size <= path->passes) {
            path->passes = OVL_STAMP_MIN_LEN;   /* It did before. */
            path->again = false;
        } else if (known && path->passes > OVL_STAMP_MIN_LEN) {
            path->again = true;
        }
        if (!path->again && !ovl_oam_path_is_searching(path)) {
            return;
        }
    }
    path->big_due = now;
}

static void
big_answered(const struct ovl_oam_session *s, struct ovl_oam_path *path,
             uint16_t size, int64_t now)
{
    path->n_big_lost = 0;
    path->again = false;
    path->big_due = INT64_MAX;
    path->passes = MAX(path->passes, size);
    if (size >= path->fails || size >= s->full_size) {
        path->fails = 0;
    } else if (ovl_oam_path_is_searching(path)) {
        path->big_due = now;
    }
}

/* Takes 'sent' for lost. */
static void
lost(struct ovl_oam_session *s, struct ovl_oam_sent *sent, int64_t now)
{
    struct ovl_oam_path *path = &s->paths[sent->path];

    sent->open = false;
    sent->bucket = s->epoch % OVL_OAM_BUCKETS;
    s->n_lost++;
    if (sent->size == OVL_STAMP_MIN_LEN) {
        small_lost(s, path, sent->when, now);
    } else if (sent->size <= s->full_size) {
        big_lost(path, sent->size, now);
    }
}

/* Finds out which paths of 's' lose too many test packets. */
static void
update_losses(struct ovl_oam_session *s)
{
    for (unsigned int i = 0; i < s->n_paths; i++) {
        struct ovl_oam_path *path = &s->paths[i];
        uint64_t n_sent, n_lost;

        ovl_oam_session_loss(s, i, &n_sent, &n_lost);
        path->loses = (n_lost >= (path->loses ? 1 : LOSS_MIN)
                       && n_lost * 100 >= n_sent * (path->loses
                                                    ? LOSS_PERCENT_END
                                                    : LOSS_PERCENT));
    }
}

/* Makes room in the buckets for the time 'now'. */
static void
advance_epoch(struct ovl_oam_session *s, int64_t now)
{
    int64_t epoch = now / OVL_OAM_BUCKET;

    if (epoch - s->epoch >= OVL_OAM_BUCKETS) {
        s->epoch = epoch - OVL_OAM_BUCKETS;
    }
    while (s->epoch < epoch) {
        s->epoch++;
        for (unsigned int i = 0; i < s->n_paths; i++) {
            s->paths[i].sent[s->epoch % OVL_OAM_BUCKETS] = 0;
            s->paths[i].lost[s->epoch % OVL_OAM_BUCKETS] = 0;
        }
    }
}

/* Takes for lost what was not answered in time, and returns the time at which
 * to call this function and ovl_oam_session_next() again. */
int64_t
ovl_oam_session_run(struct ovl_oam_session *s, int64_t now)
{
    int64_t next;

    advance_epoch(s, now);
    for (; s->tail != s->seq; s->tail++) {
        struct ovl_oam_sent *sent = &s->ring[s->tail & s->mask];

        if (sent->open) {
            if (now < sent->when + s->timeout) {
                break;
            }
            lost(s, sent, now);
        }
    }

    update_losses(s);

    next = s->turn_due;
    if (s->tail != s->seq) {
        next = MIN(next, s->ring[s->tail & s->mask].when + s->timeout);
    }
    if (was_answered(s)) {
        for (unsigned int i = 0; i < s->n_paths; i++) {
            next = MIN(next, MIN(s->paths[i].due, s->paths[i].big_due));
        }
    }
    return next;
}

/* Stores in '*probe' a test packet that is to be sent 'now', and returns true,
 * or returns false if there is none. */
bool
ovl_oam_session_next(struct ovl_oam_session *s, int64_t now,
                     struct ovl_oam_probe *probe)
{
    probe->seq = s->seq;
    probe->size = OVL_STAMP_MIN_LEN;
    probe->turn = false;
    if (now >= s->turn_due) {
        s->turn = (s->turn + 1) % s->n_paths;
        if (!was_answered(s)) {
            s->turn_due = now + MAX(s->interval, OVL_OAM_SEARCH_INTERVAL);
            probe->path = s->turn;
            return true;
        }
        s->turn_due = now + s->interval;
        if (s->full_size && s->paths[s->turn].big_due == INT64_MAX) {
            s->paths[s->turn].big_due = now;
        }
        s->paths[s->turn].due = MIN(s->paths[s->turn].due, now);
        probe->turn = true;
    }
    if (!was_answered(s)) {
        return false;
    }
    for (unsigned int i = 0; i < s->n_paths; i++) {
        /* The path whose turn it is comes first. */
        unsigned int p = (s->turn + i) % s->n_paths;
        struct ovl_oam_path *path = &s->paths[p];

        probe->path = p;
        if (now >= path->due) {
            if (path->n_burst) {
                path->n_burst--;
                path->due = now + BURST_INTERVAL;
            } else {
                path->due = now + s->interval;
            }
            return true;
        }
        if (now >= path->big_due) {
            path->big_due = INT64_MAX;
            probe->size = next_size(s, path);
            return true;
        }
        probe->turn = false;
    }
    return false;
}

/* 'probe', from ovl_oam_session_next(), was sent with the timestamp
 * 'stamp'. */
void
ovl_oam_session_sent(struct ovl_oam_session *s,
                     const struct ovl_oam_probe *probe, uint64_t stamp,
                     int64_t now)
{
    struct ovl_oam_sent *sent = &s->ring[s->seq & s->mask];

    if (sent->open) {
        lost(s, sent, now);     /* No room for more that are open. */
    }
    if (s->seq - s->tail > s->mask) {
        s->tail = s->seq - s->mask;
    }
    *sent = (struct ovl_oam_sent) {
        .seq = s->seq,
        .stamp = stamp,
        .when = now,
        .size = probe->size,
        .path = probe->path,
        .open = true,
    };
    s->seq++;
    s->n_sent++;
}

/* Updates the round-trip time and the timeout of 's'. */
static void
measured(struct ovl_oam_session *s, int64_t rtt)
{
    rtt = MAX(rtt, 1);
    s->rtt = s->rtt ? s->rtt + (rtt - s->rtt) / 8 : rtt;
    s->timeout = MIN(TIMEOUT_MIN + 4 * MAX(s->rtt, rtt), TIMEOUT_MAX);
}

/* The test packet with sequence number 'seq' and timestamp 'stamp' was
 * answered 'now', after 'remote_usec' at the remote endpoint, which received
 * it from 'outer_port' (0 if not known). */
enum ovl_oam_answer
ovl_oam_session_answer(struct ovl_oam_session *s, uint32_t seq,
                       uint64_t stamp, uint16_t outer_port,
                       int64_t remote_usec, int64_t now)
{
    struct ovl_oam_sent *sent = &s->ring[seq & s->mask];
    struct ovl_oam_path *path;
    bool was_open = sent->open;
    bool was_first = !was_answered(s);

    if (!sent->when || sent->seq != seq || sent->stamp != stamp) {
        return OVL_OAM_NOT_OURS;
    } else if (sent->answered) {
        return OVL_OAM_DUPLICATE;
    }
    path = &s->paths[sent->path];
    sent->open = false;
    sent->answered = true;
    s->n_answered++;
    s->n_lost -= !was_open;
    if (was_first) {
        /* From now on, test all paths. */
        s->turn_due = now;
        for (unsigned int i = 0; i < s->n_paths; i++) {
            s->paths[i].due = now + s->interval * i / s->n_paths;
        }
    }
    if (outer_port) {
        path->outer_port = outer_port;
    }
    if (remote_usec >= 0 && remote_usec <= now - sent->when) {
        measured(s, now - sent->when - remote_usec);
    }
    if (sent->size == OVL_STAMP_MIN_LEN) {
        small_answered(s, path, !was_open, sent->bucket, now);
    } else if (sent->size <= s->full_size) {
        big_answered(s, path, sent->size, now);
    }
    return was_open ? OVL_OAM_ANSWERED : OVL_OAM_LATE;
}

/* Verdicts. */

/* Stores in '*n_sent' how many test packets of the last two minutes on 'path'
 * have been answered or lost, and in '*n_lost' how many have been lost. */
void
ovl_oam_session_loss(const struct ovl_oam_session *s, unsigned int path,
                     uint64_t *n_sent, uint64_t *n_lost)
{
    *n_sent = *n_lost = 0;
    for (size_t i = 0; i < OVL_OAM_BUCKETS; i++) {
        *n_sent += s->paths[path].sent[i];
        *n_lost += s->paths[path].lost[i];
    }
}

/* What may be wrong with a path. */
enum path_fault { PATH_DOWN, PATH_LOSES, PATH_SIZE, PATH_UNKNOWN };

static bool
has_fault(const struct ovl_oam_session *s, unsigned int i,
          enum path_fault fault)
{
    const struct ovl_oam_path *path = &s->paths[i];

    switch (fault) {
    case PATH_DOWN:
        return path->state == OVL_OAM_DOWN;
    case PATH_LOSES:
        return path->state == OVL_OAM_UP && path->loses;
    case PATH_SIZE:
        return path->state == OVL_OAM_UP && path->fails;
    case PATH_UNKNOWN:
        return path->state == OVL_OAM_UNKNOWN;
    }
    OVS_NOT_REACHED();
}

static unsigned int
count_faults(const struct ovl_oam_session *s, enum path_fault fault)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < s->n_paths; i++) {
        n += has_fault(s, i, fault);
    }
    return n;
}

/* Returns the state of 's'. */
enum ovl_oam_state
ovl_oam_session_state(const struct ovl_oam_session *s)
{
    unsigned int n_down = count_faults(s, PATH_DOWN);

    return (!was_answered(s) ? OVL_OAM_UNKNOWN
            : n_down == s->n_paths ? OVL_OAM_DOWN
            : (n_down || count_faults(s, PATH_LOSES)
               || count_faults(s, PATH_SIZE)) ? OVL_OAM_DEGRADED
            : count_faults(s, PATH_UNKNOWN) ? OVL_OAM_UNKNOWN
            : OVL_OAM_UP);
}

/* Appends to 'ds' the paths of 's' that have 'fault'. */
static void
format_paths(const struct ovl_oam_session *s, enum path_fault fault,
             struct ds *ds)
{
    unsigned int n = count_faults(s, fault), n_shown = 0;

    if (s->n_paths == 1) {
        ds_put_cstr(ds, "the path");
        return;
    }
    ds_put_format(ds, "%u of %u paths (source port%s", n, s->n_paths,
                  n == 1 ? "" : "s");
    for (unsigned int i = 0; i < s->n_paths; i++) {
        if (!has_fault(s, i, fault)) {
            continue;
        }
        if (++n_shown > 8) {
            ds_put_cstr(ds, ", ...");
            break;
        }
        ds_put_cstr(ds, n_shown == 1 ? " " : ", ");
        if (s->paths[i].outer_port) {
            ds_put_format(ds, "%"PRIu16, s->paths[i].outer_port);
        } else {
            ds_put_cstr(ds, "not known");
        }
    }
    ds_put_char(ds, ')');
}

/* Appends to 'ds' what is wrong with the paths of 's', nothing if nothing is.
 * The headers of the tunnel, with the outer IP header, have 'headers'
 * octets. */
void
ovl_oam_session_verdict(const struct ovl_oam_session *s, unsigned int headers,
                        struct ds *ds)
{
    if (!was_answered(s)) {
        ds_put_cstr(ds, "no test packet was ever answered");
    } else if (count_faults(s, PATH_DOWN) == s->n_paths) {
        ds_put_cstr(ds, "HOST or PHYSICAL: no path works");
    } else if (count_faults(s, PATH_DOWN)) {
        ds_put_cstr(ds, "PHYSICAL: nothing passes ");
        format_paths(s, PATH_DOWN, ds);
    } else if (count_faults(s, PATH_LOSES)) {
        uint64_t n_sent = 0, n_lost = 0;

        for (unsigned int i = 0; i < s->n_paths; i++) {
            if (has_fault(s, i, PATH_LOSES)) {
                uint64_t sent, path_lost;

                ovl_oam_session_loss(s, i, &sent, &path_lost);
                n_sent += sent;
                n_lost += path_lost;
            }
        }
        ds_put_format(ds, "PHYSICAL: %"PRIu64" of %"PRIu64" test packets lost "
                      "on ", n_lost, n_sent);
        format_paths(s, PATH_LOSES, ds);
    } else if (count_faults(s, PATH_SIZE)) {
        uint16_t passes = s->full_size - 1;

        for (unsigned int i = 0; i < s->n_paths; i++) {
            if (has_fault(s, i, PATH_SIZE)
                && !ovl_oam_path_is_searching(&s->paths[i])) {
                passes = MIN(passes, s->paths[i].passes);
            }
        }
        ds_put_format(ds, "PHYSICAL: no IP packet longer than %u passes ",
                      passes + headers);
        format_paths(s, PATH_SIZE, ds);
    } else if (count_faults(s, PATH_UNKNOWN)) {
        ds_put_cstr(ds, "not all paths have been tested");
    }
}

/* Tenants. */

/* So far, 'tx_packets' packets of 't' were sent to the remote endpoint. */
void
ovl_oam_tenant_sent(struct ovl_oam_tenant *t, uint64_t tx_packets,
                    int64_t now)
{
    if (tx_packets != t->tx_packets) {
        t->tx_packets = tx_packets;
        t->active = now;
    }
}

/* Concludes from the observation of 't', which ends with 'counter', what
 * happens to its packets. */
static void
conclude(struct ovl_oam_tenant *t, const struct ovl_stamp_count *counter)
{
    uint64_t sent = t->tx[1] - t->tx[0];
    uint64_t received = counter->rx_packets - t->rx;
    uint64_t dropped = counter->rx_dropped - t->dropped;

    if (counter->rx_packets < t->rx || counter->rx_dropped < t->dropped
        || t->tx[1] < t->tx[0]) {
        return;                 /* A host has restarted. */
    }
    if (sent >= TENANT_MIN && !received) {
        t->state = OVL_OAM_TENANT_LOST;
    } else if (received >= TENANT_MIN
               && dropped >= received - received / 100) {
        t->state = OVL_OAM_TENANT_DROPPED;
    } else if (received) {
        t->state = OVL_OAM_TENANT_OK;
    } else if (!sent) {
        t->state = OVL_OAM_TENANT_UNKNOWN;
    } else {
        return;                 /* Too few packets to tell. */
    }
    t->n_sent = sent;
    t->n_received = received;
    t->n_dropped = dropped;
}

/* The remote endpoint has reported 'counter' for 't'. */
void
ovl_oam_tenant_report(struct ovl_oam_tenant *t,
                      const struct ovl_stamp_count *counter, int64_t now)
{
    if (counter->rx_packets == UINT64_MAX) {
        ovl_oam_tenant_reset(t);
        return;
    }
    if (t->part && now < t->begin + TENANT_PART) {
        return;
    }
    if (t->part == 1 || t->part == 2) {
        t->tx[t->part - 1] = t->tx_packets;
        t->part++;
    } else {
        if (t->part == 3) {
            conclude(t, counter);
        }
        t->rx = counter->rx_packets;
        t->dropped = counter->rx_dropped;
        t->part = 1;
    }
    t->begin = now;
}

/* Makes the state of 't' unknown: nothing can be concluded now. */
void
ovl_oam_tenant_reset(struct ovl_oam_tenant *t)
{
    t->state = OVL_OAM_TENANT_UNKNOWN;
    t->part = 0;
}

/* Appends to 'ds' what is wrong with 't', nothing if nothing is. */
void
ovl_oam_tenant_verdict(const struct ovl_oam_tenant *t, struct ds *ds)
{
    if (t->state == OVL_OAM_TENANT_LOST) {
        ds_put_format(ds, "VIRTUAL: sent %"PRIu64" frames, of which it "
                      "received none", t->n_sent);
    } else if (t->state == OVL_OAM_TENANT_DROPPED) {
        ds_put_format(ds, "VIRTUAL: its flows dropped %"PRIu64" of "
                      "%"PRIu64" frames", t->n_dropped, t->n_received);
    }
}
