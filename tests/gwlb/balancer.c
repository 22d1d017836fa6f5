/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* A stand-in for a cloud's gateway load balancer.
 *
 * It stands between the client and the server of each of its tenants, who see
 * a TUN device each, and has every packet between the two inspected by an
 * appliance, in Geneve:
 *
 *      client --- tun0 --+                        +--- appliance
 *                        |--- balancer === UDP ===|
 *      server --- tun0 --+       6081             +--- (gives back)
 *
 * What the appliance gives back goes on to the other side, if it is exactly
 * what was sent: the same packet, the same Geneve header with the same
 * options, from the same UDP ports.  Whatever is not counts under the name of
 * what is wrong with it, and goes nowhere.
 *
 * A tenant may be without a server.  Then the appliance has a second arm, where
 * its clients' packets go on, and the answers to them are what it gives back
 * (--changed).
 *
 * Each connection has a cookie.  Options, in this order (sizes with their
 * headers; "w" is the number of words in the option's length):
 *
 *     class            type 1           type 2            type 3
 *     0x0108 AWS       endpoint, 8 B    attachment, 8 B   cookie, 4 B
 *     0x0167 Tencent   endpoint, 8 B    attachment, 8 B   direction and cookie
 *
 * With --extra there is an option of type 0x55 behind the first one, with
 * reserved bits set, that an appliance cannot know.
 *
 * Health is checked by HTTP, as the clouds do: an appliance that does not
 * answer within 5 s, three times in a row, gets no packets.  --answer answers
 * such checks.
 *
 * Prints "ready" when the TUN devices are there, and counters when it ends or
 * gets SIGUSR1, one "NAME VALUE" in a line. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_TENANTS = 8,
    MAX_FLOWS = 1 << 16,
    MAX_PACKET = 65536,
    MAX_HEADER = 64,
    GENEVE_PORT = 6081,
    OUTER_LEN = sizeof(struct iphdr) + sizeof(struct udphdr),
    BURST = 64,
    HEALTH_TIMEOUT = 5000       /* Milliseconds. */
};

/* What becomes of packets.  The last ones are wrong. */
#define COUNTERS                                                            \
    COUNTER(sent, "packets sent to the appliance")                          \
    COUNTER(sent_bytes, "bytes of them, without Geneve")                    \
    COUNTER(passed, "packets that came back as they were sent")             \
    COUNTER(passed_bytes, "bytes of them, without Geneve")                  \
    COUNTER(unhealthy, "packets dropped because no appliance is healthy")   \
    COUNTER(too_many, "packets dropped because there are too many flows")   \
    COUNTER(bad_source, "back from another address than the appliance's")   \
    COUNTER(bad_length, "back and too short")                               \
    COUNTER(bad_flags, "back with other version, length, or O or C bit")    \
    COUNTER(bad_protocol, "back with another protocol type")                \
    COUNTER(bad_vni, "back with another network identifier")                \
    COUNTER(bad_options, "back with other options")                         \
    COUNTER(unknown_flow, "back for a flow that was never sent")            \
    COUNTER(bad_port, "back from another UDP port")                         \
    COUNTER(bad_packet, "back and never sent like that")

enum counter {
#define COUNTER(NAME, MEANING) C_##NAME,
    COUNTERS
#undef COUNTER
    N_COUNTERS
};

static const char *const counter_names[N_COUNTERS] = {
#define COUNTER(NAME, MEANING) #NAME,
    COUNTERS
#undef COUNTER
};

/* A customer with a client, tun[0], and a server, tun[1], or -1 if it has
 * none. */
struct tenant {
    const char *name;
    uint64_t endpoint;
    uint64_t attachment;
    int tun[2];
    uint64_t counters[N_COUNTERS];
};

/* Addresses and ports of an inner packet. */
struct tuple {
    uint8_t addr[2][16];        /* Source and destination. */
    uint16_t port[2];           /* The same; 0 if it has none. */
    uint8_t proto;
    uint8_t version;
    uint16_t tenant;
};

/* A connection, as its first packet had it. */
struct flow {
    struct tuple tuple;
    uint32_t cookie;            /* Its index is in the low 16 bits. */
    uint16_t port;              /* UDP source port. */
    int side;                   /* Side of its first packet. */
    int next;                   /* Next in hash bucket, or -1. */
};

static struct tenant tenants[MAX_TENANTS];
static int n_tenants;
static struct flow flows[MAX_FLOWS];
static int buckets[MAX_FLOWS];
static int n_flows;

/* For each hash of a packet, how many are with the appliance. */
static uint16_t away[1 << 20];

static bool tencent, extra, verbatim = true;
static struct in_addr local, appliance;
static int health_port, answer_port;
static uint64_t health_sent, health_passed, health_failed;
static int health_failures;
static volatile sig_atomic_t stop, show;

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "balancer: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* Returns a hash of the 'n' bytes at 'data', starting from 'hash' (FNV-1a). */
static uint64_t
hash_bytes(const void *data, size_t n, uint64_t hash)
{
    const uint8_t *p = data;

    for (hash ^= 0xcbf29ce484222325; n >= 8; n -= 8, p += 8) {
        uint64_t word;

        memcpy(&word, p, sizeof word);
        hash = (hash ^ word) * 0x100000001b3;
        hash ^= hash >> 32;
    }
    while (n--) {
        hash = (hash ^ *p++) * 0x100000001b3;
    }
    return hash ^ hash >> 29;
}

/* Stores the addresses and ports of the inner packet of 'n' bytes at 'p',
 * which belongs to 'tenant', in '*t'.  Returns false if it is not IP. */
static bool
parse(const uint8_t *p, size_t n, int tenant, struct tuple *t)
{
    size_t l4;
    bool first = true;

    memset(t, 0, sizeof *t);
    t->tenant = tenant;
    if (n >= 20 && p[0] >> 4 == 4) {
        t->version = 4;
        t->proto = p[9];
        memcpy(t->addr, p + 12, 4);
        memcpy(t->addr[1], p + 16, 4);
        l4 = (p[0] & 15) * 4;
        first = !(p[6] & 0x1f) && !p[7];
    } else if (n >= 40 && p[0] >> 4 == 6) {
        t->version = 6;
        t->proto = p[6];
        memcpy(t->addr, p + 8, 32);
        l4 = 40;
    } else {
        return false;
    }
    if (first && n >= l4 + 4
        && (t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP)) {
        memcpy(t->port, p + l4, 4);
    }
    return true;
}

/* Exchanges source and destination of 't'. */
static struct tuple
reversed(const struct tuple *t)
{
    struct tuple r = *t;

    memcpy(r.addr[0], t->addr[1], 16);
    memcpy(r.addr[1], t->addr[0], 16);
    r.port[0] = t->port[1];
    r.port[1] = t->port[0];
    return r;
}

/* Returns the flow of packets with tuple 't' that come from 'side', which is
 * made if need be, or NULL if there are too many. */
static struct flow *
find_flow(const struct tuple *t, int side)
{
    struct tuple back = reversed(t);
    const struct tuple *key = memcmp(t, &back, sizeof back) < 0 ? t : &back;
    int *bucket = &buckets[hash_bytes(key, sizeof *key, 1) % MAX_FLOWS];
    struct flow *flow;

    for (int i = *bucket; i >= 0; i = flow->next) {
        flow = &flows[i];
        if (!memcmp(&flow->tuple, side == flow->side ? t : &back, sizeof *t)) {
            return flow;
        }
    }
    if (n_flows >= MAX_FLOWS) {
        return NULL;
    }

    flow = &flows[n_flows];
    flow->tuple = *t;
    flow->side = side;
    flow->cookie = (((uint32_t) random() << 16 | n_flows)
                    & (tencent ? 0x1fffffff : 0xffffffff));
    flow->port = 32768 + random() % 28232;
    flow->next = *bucket;
    *bucket = n_flows++;
    return flow;
}

/* Writes an option with 'class', 'type', reserved bits 'reserved', and the 'n'
 * low bytes of 'value' to 'p', and returns what comes behind it. */
static uint8_t *
put_option(uint8_t *p, uint16_t class, uint8_t type, uint8_t reserved,
           uint64_t value, size_t n)
{
    *p++ = class >> 8;
    *p++ = class;
    *p++ = type;
    *p++ = reserved << 5 | n / 4;
    while (n--) {
        *p++ = value >> n * 8;
    }
    return p;
}

/* Writes to 'header' the Geneve header of a packet of 'flow' from 'side', and
 * returns its length. */
static size_t
make_header(const struct flow *flow, int side, uint8_t header[MAX_HEADER])
{
    const struct tenant *tenant = &tenants[flow->tuple.tenant];
    uint16_t class = tencent ? 0x0167 : 0x0108;
    uint32_t direction = tencent ? (side == flow->side ? 1 : 2) : 0;
    uint8_t *p = header + 8;

    p = put_option(p, class, 1, 0, tenant->endpoint, 8);
    if (extra) {
        p = put_option(p, class, 0x55, 5, 0x1122334455667788, 8);
    }
    p = put_option(p, class, 2, 0, tenant->attachment, 8);
    p = put_option(p, class, 3, 0, direction << 29 | flow->cookie, 4);

    memset(header, 0, 8);
    header[0] = (p - header - 8) / 4;
    header[2] = flow->tuple.version == 4 ? 0x08 : 0x86;
    header[3] = flow->tuple.version == 4 ? 0x00 : 0xdd;
    return p - header;
}

/* Returns the counter of packets like the 'n' bytes of 'packet' with 'header'
 * that are with the appliance. */
static uint16_t *
find_away(const uint8_t *header, size_t hlen, const uint8_t *packet, size_t n)
{
    uint64_t hash = hash_bytes(packet, n, hash_bytes(header, hlen, 2));

    return &away[hash % (sizeof away / sizeof *away)];
}

/* Sends the 'n' bytes of 'packet', which came from 'side' of 'tenant' and has
 * room for headers in front, to the appliance. */
static void
send_packet(int raw, int tenant, int side, uint8_t *packet, size_t n)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr = appliance
    };
    uint64_t *counters = tenants[tenant].counters;
    uint8_t header[MAX_HEADER];
    struct flow *flow;
    struct tuple t;
    struct iphdr *ip;
    struct udphdr *udp;
    size_t hlen;

    if (!parse(packet, n, tenant, &t)) {
        return;
    }
    if (health_failures >= 3) {
        counters[C_unhealthy]++;
        return;
    }
    flow = find_flow(&t, side);
    if (!flow) {
        counters[C_too_many]++;
        return;
    }

    hlen = make_header(flow, side, header);
    memcpy(packet - hlen, header, hlen);
    ip = (struct iphdr *) (packet - hlen - OUTER_LEN);
    udp = (struct udphdr *) (ip + 1);
    /* The kernel fills in the rest. */
    *ip = (struct iphdr) {
        .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
        .frag_off = htons(0x4000), .saddr = local.s_addr,
        .daddr = appliance.s_addr
    };
    *udp = (struct udphdr) {
        .source = htons(flow->port), .dest = htons(GENEVE_PORT),
        .len = htons(sizeof *udp + hlen + n)
    };
    if (sendto(raw, ip, OUTER_LEN + hlen + n, 0, (const struct sockaddr *) &to,
               sizeof to) >= 0) {
        ++*find_away(header, hlen, packet, n);
        counters[C_sent]++;
        counters[C_sent_bytes] += n;
    }
}

/* Finds the flow that the 'n' bytes of Geneve at 'p' say that they belong to.
 * Returns NULL if there is none. */
static struct flow *
claimed_flow(const uint8_t *p, size_t n)
{
    size_t end = 8 + (p[0] & 0x3f) * 4;

    for (size_t i = 8; end <= n && i + 8 <= end;
         i += 4 + (p[i + 3] & 31) * 4) {
        if (p[i + 2] == 3 && (p[i + 3] & 31) == 1) {
            uint32_t cookie = ((uint32_t) p[i + 4] << 24 | p[i + 5] << 16
                               | p[i + 6] << 8 | p[i + 7]);
            int index = cookie & 0xffff;

            if (tencent) {
                cookie &= 0x1fffffff;
            }
            return (index < n_flows && flows[index].cookie == cookie
                    ? &flows[index] : NULL);
        }
    }
    return NULL;
}

/* Returns what is to be counted for the 'n' bytes of Geneve at 'p', which came
 * back from UDP port 'port'; C_passed only if all is as it was sent.  Stores
 * the flow, if it is known, in '*flowp', the side that the packet came from in
 * '*sidep', and the length of the header in '*hlenp'. */
static enum counter
check(const uint8_t *p, size_t n, uint16_t port, struct flow **flowp,
      int *sidep, size_t *hlenp)
{
    uint8_t header[MAX_HEADER];
    struct tuple t, back;
    struct flow *flow;
    uint16_t *left;
    size_t hlen;

    *flowp = NULL;
    if (n < 8) {
        return C_bad_length;
    }
    *flowp = flow = claimed_flow(p, n);
    if (!flow) {
        return C_unknown_flow;
    }

    /* The two sides' packets may have different headers. */
    hlen = *hlenp = 8 + (p[0] & 0x3f) * 4;
    if (!parse(p + hlen, n - hlen, flow->tuple.tenant, &t)) {
        return C_bad_length;
    }
    back = reversed(&t);
    if (!memcmp(&t, &flow->tuple, sizeof t)) {
        *sidep = flow->side;
    } else if (!memcmp(&back, &flow->tuple, sizeof back)) {
        *sidep = !flow->side;
    } else {
        return C_bad_packet;
    }
    if (tenants[t.tenant].tun[!*sidep] < 0) {
        return C_bad_packet;
    }

    if (make_header(flow, *sidep, header) != hlen || p[1] != header[1]
        || p[0] != header[0]) {
        return C_bad_flags;
    } else if (memcmp(p + 2, header + 2, 2)) {
        return C_bad_protocol;
    } else if (memcmp(p + 4, header + 4, 4)) {
        return C_bad_vni;
    } else if (memcmp(p + 8, header + 8, hlen - 8)) {
        return C_bad_options;
    } else if (port != flow->port) {
        return C_bad_port;
    }
    left = find_away(header, hlen, p + hlen, n - hlen);
    if (verbatim && !*left) {
        return C_bad_packet;
    }
    *left -= *left > 0;
    return C_passed;
}

/* Takes back the 'n' bytes of Geneve at 'p', which came from 'from'. */
static void
take_back(const uint8_t *p, size_t n, const struct sockaddr_in *from)
{
    struct flow *flow = NULL;
    enum counter counter;
    uint64_t *counters;
    size_t hlen = 0;
    int side = 0;

    if (from->sin_addr.s_addr != appliance.s_addr) {
        counter = C_bad_source;
    } else {
        counter = check(p, n, ntohs(from->sin_port), &flow, &side, &hlen);
    }
    counters = tenants[flow ? flow->tuple.tenant : 0].counters;
    counters[counter]++;
    if (counter == C_passed) {
        counters[C_passed_bytes] += n - hlen;
        if (write(tenants[flow->tuple.tenant].tun[!side], p + hlen, n - hlen)
            < 0 && errno != EAGAIN && errno != EIO) {
            fail("write: %s", strerror(errno));
        }
    }
}

/* Returns a TUN device called tun0 in network namespace 'ns'. */
static int
open_tun(const char *ns)
{
    struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int home = open("/proc/self/ns/net", O_RDONLY);
    char path[128];
    int there, fd;

    snprintf(path, sizeof path, "/run/netns/%s", ns);
    there = open(path, O_RDONLY);
    if (there < 0 || setns(there, CLONE_NEWNET)) {
        fail("%s: %s", path, strerror(errno));
    }
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strcpy(ifr.ifr_name, "tun0");
    if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
        fail("tun0 in %s: %s", ns, strerror(errno));
    }
    if (setns(home, CLONE_NEWNET)) {
        fail("setns: %s", strerror(errno));
    }
    close(there);
    close(home);
    return fd;
}

/* Adds the tenant that 'spec' describes: NAME,ENDPOINT,ATTACHMENT,CLIENT-NS[,
 * SERVER-NS]. */
static void
add_tenant(char *spec)
{
    struct tenant *tenant = &tenants[n_tenants];
    const char *part[5];

    for (int i = 0; i < 5; i++) {
        part[i] = strsep(&spec, ",");
        if (!part[i] && i < 4) {
            fail("--tenant needs four or five parts");
        }
    }
    if (n_tenants++ >= MAX_TENANTS) {
        fail("more than %d tenants", MAX_TENANTS);
    }
    tenant->name = part[0];
    tenant->endpoint = strtoull(part[1], NULL, 16);
    tenant->attachment = strtoull(part[2], NULL, 16);
    tenant->tun[0] = open_tun(part[3]);
    tenant->tun[1] = part[4] ? open_tun(part[4]) : -1;
}

/* Returns the time in milliseconds. */
static long long
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Starts a health check: asks the appliance for "/".  Returns the socket, -1
 * if that failed. */
static int
start_check(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr = appliance,
        .sin_port = htons(health_port)
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    health_sent++;
    if (fd < 0 || (connect(fd, (const struct sockaddr *) &to, sizeof to)
                   && errno != EINPROGRESS)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Ends the health check on 'fd', which passed if 'good'. */
static void
end_check(int *fd, bool good)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    health_passed += good;
    health_failed += !good;
    health_failures = good ? 0 : health_failures + 1;
}

/* Goes on with the health check on '*fd', which has 'events'. */
static void
run_check(int *fd, bool *asked, short events)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char reply[64];
    ssize_t n;

    if (!*asked && events & POLLOUT) {
        *asked = true;
        if (send(*fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) {
            end_check(fd, false);
        }
    } else if (events & (POLLIN | POLLERR | POLLHUP)) {
        n = recv(*fd, reply, sizeof reply - 1, 0);
        reply[n > 0 ? n : 0] = '\0';
        end_check(fd, !strncmp(reply, "HTTP/1.", 7)
                      && !strncmp(reply + 8, " 200", 4));
    }
}

/* Answers a health check that somebody sent to 'listener'. */
static void
answer_check(int listener)
{
    static const char reply[] = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct timeval timeout = { .tv_usec = 200000 };
    int fd = accept(listener, NULL, NULL);
    char request[512];

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        if (recv(fd, request, sizeof request, 0) > 0) {
            send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
        }
        close(fd);
    }
}

static void
print_counters(void)
{
    for (int i = 0; i < n_tenants; i++) {
        for (int j = 0; j < N_COUNTERS; j++) {
            printf("%s.%s %llu\n", tenants[i].name, counter_names[j],
                   (unsigned long long) tenants[i].counters[j]);
        }
    }
    printf("flows %d\nhealth_sent %llu\nhealth_passed %llu\n"
           "health_failed %llu\nend\n", n_flows,
           (unsigned long long) health_sent,
           (unsigned long long) health_passed,
           (unsigned long long) health_failed);
    fflush(stdout);
}

static void
on_signal(int number)
{
    if (number == SIGUSR1) {
        show = 1;
    } else {
        stop = 1;
    }
}

static void
usage(void)
{
    printf("balancer: a stand-in for a gateway load balancer\n"
           "usage: balancer OPTION...\n"
           "  --local=IP         own IPv4 address\n"
           "  --appliance=IP     the appliance's\n"
           "  --cloud=NAME       whose options: aws (default) or tencent\n"
           "  --tenant=NAME,ENDPOINT,ATTACHMENT,CLIENT-NS[,SERVER-NS]\n"
           "                     a tenant: its identifiers, in hexadecimal,\n"
           "                     and where its TUN devices are made\n"
           "  --extra            one option more, which nobody knows\n"
           "  --changed          packets may come back that were never sent\n"
           "  --health=PORT      check the appliance's health by HTTP\n"
           "  --answer=PORT      answer such checks\n"
           "counters:\n");
#define COUNTER(NAME, MEANING) printf("  %-14s %s\n", #NAME, MEANING);
    COUNTERS
#undef COUNTER
}

static int
bound_socket(int type, int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = local, .sin_port = htons(port)
    };
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    int size = 16 << 20, one = 1;

    if (fd < 0) {
        fail("socket: %s", strerror(errno));
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *) &address, sizeof address)
        || (type == SOCK_STREAM && listen(fd, 16))) {
        fail("port %d: %s", port, strerror(errno));
    }
    return fd;
}

int
main(int argc, char *argv[])
{
    static const struct option options[] = {
        { "local", required_argument, NULL, 'l' },
        { "appliance", required_argument, NULL, 'a' },
        { "cloud", required_argument, NULL, 'c' },
        { "tenant", required_argument, NULL, 't' },
        { "extra", no_argument, NULL, 'x' },
        { "changed", no_argument, NULL, 'C' },
        { "health", required_argument, NULL, 'H' },
        { "answer", required_argument, NULL, 'A' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    static uint8_t buffer[MAX_HEADER + OUTER_LEN + MAX_PACKET];
    uint8_t *packet = buffer + MAX_HEADER + OUTER_LEN;
    struct pollfd fds[3 + 2 * MAX_TENANTS];
    long long next_check = 0, deadline = 0;
    int raw, udp, check_fd = -1, c;
    bool asked = false;

    srandom(time(NULL) ^ getpid());
    memset(buckets, 0xff, sizeof buckets);
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        switch (c) {
        case 'l':
            if (!inet_aton(optarg, &local)) {
                fail("%s: no IPv4 address", optarg);
            }
            break;
        case 'a':
            if (!inet_aton(optarg, &appliance)) {
                fail("%s: no IPv4 address", optarg);
            }
            break;
        case 'c':
            if (strcmp(optarg, "aws") && strcmp(optarg, "tencent")) {
                fail("%s: neither aws nor tencent", optarg);
            }
            tencent = !strcmp(optarg, "tencent");
            break;
        case 't':
            add_tenant(optarg);
            break;
        case 'x':
            extra = true;
            break;
        case 'C':
            verbatim = false;
            break;
        case 'H':
            health_port = atoi(optarg);
            break;
        case 'A':
            answer_port = atoi(optarg);
            break;
        case 'h':
            usage();
            return 0;
        default:
            return 2;
        }
    }
    if (!local.s_addr || !appliance.s_addr || !n_tenants || optind != argc) {
        fail("--local, --appliance and --tenant are needed; see --help");
    }

    raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (raw < 0) {
        fail("raw socket: %s", strerror(errno));
    }
    udp = bound_socket(SOCK_DGRAM, GENEVE_PORT);
    fds[0] = (struct pollfd) { .fd = udp, .events = POLLIN };
    fds[1] = (struct pollfd) { .fd = -1, .events = POLLIN };
    if (answer_port) {
        fds[1].fd = bound_socket(SOCK_STREAM, answer_port);
    }
    for (int i = 0; i < n_tenants * 2; i++) {
        fds[3 + i] = (struct pollfd) {
            .fd = tenants[i / 2].tun[i % 2], .events = POLLIN
        };
    }
    signal(SIGUSR1, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    printf("ready\n");
    fflush(stdout);

    while (!stop) {
        if (show) {
            show = 0;
            print_counters();
        }
        if (check_fd >= 0 && now() >= deadline) {
            end_check(&check_fd, false);
        }
        if (health_port && check_fd < 0 && now() >= next_check) {
            check_fd = start_check();
            asked = false;
            next_check = now() + 200;
            deadline = now() + HEALTH_TIMEOUT;
            if (check_fd < 0) {
                end_check(&check_fd, false);
            }
        }
        fds[2] = (struct pollfd) {
            .fd = check_fd, .events = asked ? POLLIN : POLLOUT
        };
        if (poll(fds, 3 + n_tenants * 2, 100) < 0 && errno != EINTR) {
            fail("poll: %s", strerror(errno));
        }
        if (check_fd >= 0 && fds[2].revents) {
            run_check(&check_fd, &asked, fds[2].revents);
        }
        if (fds[1].revents & POLLIN) {
            answer_check(fds[1].fd);
        }
        for (int j = 0; fds[0].revents & POLLIN && j < BURST; j++) {
            struct sockaddr_in from;
            socklen_t length = sizeof from;
            ssize_t n = recvfrom(udp, packet, MAX_PACKET, 0,
                                 (struct sockaddr *) &from, &length);

            if (n < 0) {
                break;
            }
            take_back(packet, n, &from);
        }
        for (int i = 0; i < n_tenants * 2; i++) {
            for (int j = 0; fds[3 + i].revents & POLLIN && j < BURST; j++) {
                ssize_t n = read(fds[3 + i].fd, packet, MAX_PACKET);

                if (n <= 0) {
                    break;
                }
                send_packet(raw, i / 2, i % 2, packet, n);
            }
        }
    }
    print_counters();
    return 0;
}
