/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-overlay Authors
 *
 * usage: flood IFACE SMAC DMAC SRC DST stt|stt2|udp SIZE [PACKETS-PER-SECOND]
 *        flood IFACE - - - - hex PACKET [PACKETS-PER-SECOND]
 *
 * Sends packets of SIZE bytes (with the Ethernet header) on the network
 * interface IFACE, from the addresses SMAC and SRC (IPv4) to DMAC and DST, as
 * fast as it can or at the given rate, until it is killed; then prints the
 * number of packets per second.
 *
 *   stt: each packet is the first segment of an STT frame of 60000 bytes whose
 *        other segments are never sent.  Each frame has an ID of its own, and
 *        each segment a valid TCP checksum.
 *   stt2: the same, but with the first two segments of each frame.
 *   udp: UDP datagrams to port 9, "discard".
 *   hex: PACKET, in hexadecimal digits.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SIZE = 9014, BATCH = 64, STT_PORT = 7471, FRAME_LEN = 60000 };

struct packet {
    struct ether_header eth;
    struct iphdr ip;
    union {
        struct {
            struct tcphdr tcp;
            uint8_t stt[18];    /* All zeros will do: version 0, key 0. */
            uint16_t balance[2];    /* Keeps the sum, see set_id(). */
        } __attribute__((packed)) stt;
        struct udphdr udp;
        uint8_t room[MAX_SIZE - sizeof(struct ether_header)
                     - sizeof(struct iphdr)];
    };
} __attribute__((packed));

static volatile sig_atomic_t stopped;

static void
stop(int sig __attribute__((unused)))
{
    stopped = 1;
}

/* Returns the sum of the 'n' bytes at 'p', an even number, as 16-bit words,
 * plus 'sum'. */
static uint32_t
add(uint32_t sum, const void *p, size_t n)
{
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i += 2) {
        sum += b[i] << 8 | b[i + 1];
    }
    return sum;
}

/* Returns the Internet checksum, in network byte order, of the data whose sum
 * by add() is 'sum'. */
static uint16_t
fold(uint32_t sum)
{
    sum = (sum >> 16) + (sum & 0xffff);
    sum += sum >> 16;
    return htons(~sum);
}

/* Makes '*p' a packet of 'size' bytes between the addresses in 'argv': UDP if
 * 'n_segments' is 0, otherwise segment number 'segment' of an STT frame. */
static void
build(struct packet *p, char *argv[], int n_segments, int segment, size_t size)
{
    bool stt = n_segments > 0;
    size_t l4_len = size - sizeof p->eth - sizeof p->ip;

    memset(p, 0, sizeof *p);
    memcpy(p->eth.ether_shost, ether_aton(argv[2]), ETH_ALEN);
    memcpy(p->eth.ether_dhost, ether_aton(argv[3]), ETH_ALEN);
    p->eth.ether_type = htons(ETHERTYPE_IP);
    p->ip.version = 4;
    p->ip.ihl = 5;
    p->ip.ttl = 64;
    p->ip.tot_len = htons(size - sizeof p->eth);
    p->ip.protocol = stt ? IPPROTO_TCP : IPPROTO_UDP;
    p->ip.saddr = inet_addr(argv[4]);
    p->ip.daddr = inet_addr(argv[5]);
    p->ip.check = fold(add(0, &p->ip, sizeof p->ip));
    if (stt) {
        p->stt.tcp.source = htons(40000);
        p->stt.tcp.dest = htons(STT_PORT);
        p->stt.tcp.seq = htonl(((uint32_t) FRAME_LEN << 16)
                               + segment * (l4_len - sizeof p->stt.tcp));
        p->stt.tcp.doff = 5;
        p->stt.tcp.ack = 1;
        p->stt.balance[0] = p->stt.balance[1] = 0xffff;
        p->stt.tcp.check = fold(add(IPPROTO_TCP + l4_len, &p->ip.saddr, 8)
                                + add(0, &p->stt, l4_len));
    } else {
        p->udp.source = htons(40000);
        p->udp.dest = htons(9);
        p->udp.len = htons(l4_len);
    }
}

/* Makes '*p' the packet in 'hex', and returns its size. */
static size_t
parse(struct packet *p, const char *hex)
{
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size && i < sizeof *p; i++) {
        sscanf(hex + 2 * i, "%2hhx", (uint8_t *) p + i);
    }
    return size;
}

/* Sets the frame ID of '*p' to 'id', in network byte order, and two other
 * words to its complement, so that the checksum stays valid. */
static void
set_id(struct packet *p, uint32_t id)
{
    uint16_t words[2];

    memcpy(words, &id, sizeof words);
    memcpy(&p->stt.tcp.ack_seq, &id, sizeof id);
    p->stt.balance[0] = ~words[0];
    p->stt.balance[1] = ~words[1];
}

/* Returns the time of a monotonic clock, in seconds. */
static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec * 1e-9;
}

int
main(int argc, char *argv[])
{
    static struct packet packets[BATCH];
    struct mmsghdr msgs[BATCH] = { 0 };
    struct iovec iovs[BATCH];
    struct sockaddr_ll sll = { .sll_family = AF_PACKET };
    uint64_t sent = 0;
    uint32_t id = 0;
    double start, rate;
    int n_segments;
    size_t size;
    bool hex;
    int fd;

    if (argc < 8) {
        errx(2, "usage: flood IFACE SMAC DMAC SRC DST stt|stt2|udp|hex "
                "SIZE|PACKET [PPS]");
    }
    hex = !strcmp(argv[6], "hex");
    n_segments = (!strcmp(argv[6], "stt") ? 1 : !strcmp(argv[6], "stt2") ? 2
                  : 0);
    size = hex ? parse(&packets[0], argv[7]) : (size_t) atoi(argv[7]);
    if (size < (n_segments ? 100 : 64) || size > MAX_SIZE || size % 2) {
        errx(2, "the size must be even, from 64 (STT: 100) to %d", MAX_SIZE);
    }
    rate = argc > 8 ? atof(argv[8]) : 0;

    sll.sll_ifindex = if_nametoindex(argv[1]);
    fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &sll, sizeof sll)) {
        err(1, "%s", argv[1]);
    }
    for (int i = 0; i < BATCH; i++) {
        if (hex) {
            packets[i] = packets[0];
        } else {
            build(&packets[i], argv, n_segments,
                  i % (n_segments ? n_segments : 1), size);
        }
        iovs[i] = (struct iovec) { &packets[i], size };
        msgs[i].msg_hdr.msg_iov = &iovs[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }

    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    start = now();
    while (!stopped) {
        for (int i = 0; n_segments && i < BATCH; i++) {
            set_id(&packets[i], htonl(id++ / n_segments));
        }
        int n = sendmmsg(fd, msgs, rate ? 1 : BATCH, 0);
        if (n < 0 && errno != ENOBUFS && errno != EINTR) {
            err(1, "sendmmsg");
        }
        sent += n > 0 ? n : 0;

        double ahead = rate ? sent / rate - (now() - start) : 0;
        if (ahead > 0) {
            usleep(ahead * 1e6);
        }
    }
    printf("%.0f\n", sent / (now() - start));
    return 0;
}
