/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_OAM_SESSION_H
#define OVERLAY_OAM_SESSION_H 1

/* Sessions of active OAM
 * ======================
 *
 * A session tests the paths to one remote endpoint of a tunnel with test
 * packets, and says what is wrong with them.  A path is an outer source port,
 * from which routers with ECMP choose one of several ways.
 *
 * On each path, a test packet is sent every interval.  If one is lost, three
 * more follow at once: a path is down if three in a row are lost, and up again
 * if three in a row are answered.  In turn, one path each interval also has a
 * test packet of full size.  If three of these are lost but others are not,
 * the session searches for the largest size that the path passes.
 *
 * This file sends and receives nothing and reads no clock.  Times are in
 * microseconds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;
struct ovl_stamp_count;

#define OVL_OAM_MAX_PATHS 64

/* A session in which no test packet was ever answered sends one this often.
 * There may be no reflector at the other end. */
#define OVL_OAM_SEARCH_INTERVAL (5 * 1000 * 1000)

/* A loss is remembered for OVL_OAM_BUCKETS times OVL_OAM_BUCKET. */
#define OVL_OAM_BUCKETS 8
#define OVL_OAM_BUCKET (15 * 1000 * 1000)

enum ovl_oam_state {
    OVL_OAM_UNKNOWN,            /* Not known yet. */
    OVL_OAM_UP,
    OVL_OAM_DEGRADED,           /* Only for a session. */
    OVL_OAM_DOWN,
};
const char *ovl_oam_state_to_string(enum ovl_oam_state);

struct ovl_oam_path {
    enum ovl_oam_state state;
    unsigned int n_lost;        /* Lost in a row. */
    unsigned int n_answered;    /* Answered in a row, while down. */
    int64_t up_since;           /* When it came up, or 0. */
    unsigned int n_burst;       /* To send at once. */
    int64_t due;                /* When to send the next one. */

    /* Outer source port, as the reflector received it last, or 0 if not
     * known. */
    uint16_t outer_port;

    /* Of the test packets of the last two minutes. */
    uint32_t sent[OVL_OAM_BUCKETS];
    uint32_t lost[OVL_OAM_BUCKETS];
    bool loses;                 /* Were too many of them lost? */

    /* Sizes of frames: the largest that was answered, and the smallest that
     * was lost, or 0 if none was. */
    uint16_t passes;
    uint16_t fails;
    bool again;                 /* Test 'passes' again. */
    unsigned int n_big_lost;    /* Lost in a row, of the same size. */
    int64_t big_due;            /* When to send the next large one. */
};

/* A test packet that was sent. */
struct ovl_oam_sent {
    uint32_t seq;
    uint64_t stamp;             /* Its timestamp. */
    int64_t when;
    uint16_t size;
    uint8_t path;
    uint8_t bucket;             /* In which its loss was counted. */
    bool open;                  /* Neither answered nor lost. */
    bool answered;
};

struct ovl_oam_session {
    unsigned int n_paths;
    int64_t interval;
    int64_t timeout;
    int64_t rtt;                /* Smoothed, or 0 if not known. */
    int64_t turn_due;           /* When it is the next path's turn. */
    unsigned int turn;          /* Path whose turn it is. */
    uint16_t full_size;         /* Of a frame, or 0 not to test the size. */
    int64_t epoch;              /* Number of the current bucket. */
    uint32_t seq;               /* The next one. */
    uint32_t tail;              /* The oldest that is open, or 'seq'. */
    uint32_t mask;              /* Size of 'ring', less 1. */
    struct ovl_oam_sent *ring;
    struct ovl_oam_path *paths;
    uint64_t n_sent;
    uint64_t n_answered;
    uint64_t n_lost;
};

/* A test packet to send. */
struct ovl_oam_probe {
    unsigned int path;
    uint32_t seq;
    size_t size;                /* Octets of the frame. */
    bool turn;                  /* One of several in an interval. */
};

/* What an answer was. */
enum ovl_oam_answer {
    OVL_OAM_ANSWERED,
    OVL_OAM_LATE,               /* It had been taken for lost. */
    OVL_OAM_DUPLICATE,
    OVL_OAM_NOT_OURS            /* No such test packet was sent. */
};

void ovl_oam_session_init(struct ovl_oam_session *, unsigned int n_paths,
                          int64_t interval, uint32_t seq, int64_t now);
void ovl_oam_session_uninit(struct ovl_oam_session *);
void ovl_oam_session_set_interval(struct ovl_oam_session *, int64_t interval);
void ovl_oam_session_set_full_size(struct ovl_oam_session *, uint16_t size);

int64_t ovl_oam_session_run(struct ovl_oam_session *, int64_t now);
bool ovl_oam_session_next(struct ovl_oam_session *, int64_t now,
                          struct ovl_oam_probe *);
void ovl_oam_session_sent(struct ovl_oam_session *,
                          const struct ovl_oam_probe *, uint64_t stamp,
                          int64_t now);
enum ovl_oam_answer ovl_oam_session_answer(struct ovl_oam_session *,
                                           uint32_t seq, uint64_t stamp,
                                           uint16_t outer_port,
                                           int64_t remote_usec, int64_t now);

enum ovl_oam_state ovl_oam_session_state(const struct ovl_oam_session *);
void ovl_oam_session_loss(const struct ovl_oam_session *, unsigned int path,
                          uint64_t *n_sent, uint64_t *n_lost);
bool ovl_oam_path_is_searching(const struct ovl_oam_path *);
void ovl_oam_session_verdict(const struct ovl_oam_session *,
                             unsigned int headers, struct ds *);

/* A tenant's traffic to the remote endpoint. */
enum ovl_oam_tenant_state {
    OVL_OAM_TENANT_UNKNOWN,
    OVL_OAM_TENANT_OK,
    OVL_OAM_TENANT_LOST,        /* The remote endpoint received nothing. */
    OVL_OAM_TENANT_DROPPED      /* Its flows drop what it receives. */
};

struct ovl_oam_tenant {
    uint64_t tx_packets;        /* Sent so far, by the accounts. */
    int64_t active;             /* When that last grew. */
    enum ovl_oam_tenant_state state;

    /* What 'state' was concluded from. */
    uint64_t n_sent;
    uint64_t n_received;
    uint64_t n_dropped;

    /* The observation, in three parts of 15 s: what was sent in the second
     * part is received between the begin of the first part and the end of the
     * third, although the counters of both hosts lag behind. */
    unsigned int part;
    int64_t begin;              /* Of the part. */
    uint64_t tx[2];             /* At the begin and the end of part 2. */
    uint64_t rx;                /* At the begin of part 1. */
    uint64_t dropped;
};

void ovl_oam_tenant_sent(struct ovl_oam_tenant *, uint64_t tx_packets,
                         int64_t now);
void ovl_oam_tenant_report(struct ovl_oam_tenant *,
                           const struct ovl_stamp_count *, int64_t now);
void ovl_oam_tenant_reset(struct ovl_oam_tenant *);
void ovl_oam_tenant_verdict(const struct ovl_oam_tenant *, struct ds *);

#endif /* overlay/oam-session.h */
