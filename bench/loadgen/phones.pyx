# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Many RTP phones in one thread, and the engine's socket work without the engine.

`Phones` send recorded speech on an absolute grid and measure what comes back by the kernel's receive timestamps.
`Floor` does what the engine must do at the sockets and nothing else: the same sends and receives per 20 ms.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from aywa._native.linux cimport *

cdef extern from * nogil:
    """
    #include <sys/uio.h>
    /* One datagram with the kernel's receive time (CLOCK_REALTIME, nanoseconds); -1 when none waits. */
    static inline int bench_receive(int fd, uint8_t *data, int size, int64_t *at_ns) {
        char control[64];
        struct iovec v = {data, (size_t)size};
        struct msghdr m;
        struct cmsghdr *c;
        int n;
        memset(&m, 0, sizeof m);
        m.msg_iov = &v;
        m.msg_iovlen = 1;
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        n = (int)recvmsg(fd, &m, MSG_DONTWAIT);
        if (n < 0) return -1;
        for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
                struct timespec t;
                memcpy(&t, CMSG_DATA(c), sizeof t);
                *at_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
            }
        return n;
    }
    static inline int bench_timestamps(int fd) {
        int on = 1;
        return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    }
    static inline int64_t bench_wall_ns(void) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }
    """
    int bench_receive(int fd, uint8_t* data, int size, int64_t* at_ns) noexcept
    int bench_timestamps(int fd) noexcept
    int64_t bench_wall_ns() noexcept

cdef enum:
    SLOTS = 100                # of 200 us: callers' phases lie anywhere in the engine's period
    SLOT_NS = 200000
    PERIOD_NS = 20000000
    BINS = 100000              # of 1 us
    PACKET = 172

cdef struct Phone:
    int fd
    int slot
    uint64_t peer
    uint16_t sequence
    uint32_t timestamp
    int at                     # in the loop, in packets
    bint heard
    uint16_t heard_sequence
    int64_t heard_ns
    int64_t audible_ns         # the last packet with speech in it
    int64_t onset_ns           # when the speech that may interrupt it was sent; 0: none is open


cdef class Phones:
    cdef Phone* _phones
    cdef int _count
    cdef int _epoll
    cdef bytes _loop
    cdef int _onset
    cdef uint32_t _stop
    cdef uint32_t* _bins
    cdef public int64_t sent, received, missing, late_ticks
    cdef public bint realtime
    cdef list _barge_ins

    def __cinit__(self, list fds, list slots, bytes loop, int onset_packet):
        """`loop`: code words all phones repeat, each from another place; `onset_packet`: where its speech begins."""
        self._count = len(fds)
        self._phones = <Phone*>calloc(self._count, sizeof(Phone))
        self._bins = <uint32_t*>calloc(BINS, sizeof(uint32_t))
        self._epoll = epoll_create()
        self._loop = loop
        self._onset = onset_packet
        self._barge_ins = []
        for i in range(self._count):
            self._phones[i].fd = fds[i]
            self._phones[i].slot = slots[i]
            self._phones[i].at = (i * 7919) % (len(loop) // 160)
            bench_timestamps(fds[i])
            epoll_add(self._epoll, fds[i], &self._phones[i])

    def __dealloc__(self):
        free(self._phones)
        free(self._bins)
        close_fd(self._epoll)

    def aim(self, list ports):
        for i in range(self._count):
            self._phones[i].peer = (<uint64_t>0x7F000001 << 16) | <uint64_t>ports[i]

    def clear(self):
        """Forget what was measured so far (warm-up)."""
        memset(self._bins, 0, BINS * sizeof(uint32_t))
        self.sent = self.received = self.missing = self.late_ticks = 0
        self._barge_ins = []

    cdef void _send(self, Phone* phone, uint8_t* packet, const uint8_t* loop, int packets) noexcept nogil:
        packet[0] = 0x80
        packet[1] = 0
        packet[2] = phone.sequence >> 8
        packet[3] = phone.sequence & 0xFF
        packet[4] = phone.timestamp >> 24
        packet[5] = (phone.timestamp >> 16) & 0xFF
        packet[6] = (phone.timestamp >> 8) & 0xFF
        packet[7] = phone.timestamp & 0xFF
        memcpy(packet + 12, loop + 160 * phone.at, 160)
        if phone.at == self._onset:
            phone.onset_ns = bench_wall_ns()
        phone.at = phone.at + 1 if phone.at + 1 < packets else 0
        phone.sequence += 1
        phone.timestamp += 160
        if send_to(phone.fd, packet, PACKET, phone.peer) == PACKET:
            self.sent += 1

    cdef void _hear(self, Phone* phone, const uint8_t* packet, int length, int64_t at_ns) noexcept nogil:
        cdef uint16_t sequence = (<uint16_t>packet[2] << 8) | packet[3], step
        cdef int64_t off
        if length != PACKET:
            return
        self.received += 1
        if phone.heard:
            step = sequence - phone.heard_sequence
            if step == 1:
                off = at_ns - phone.heard_ns - PERIOD_NS
                off = (off if off > 0 else -off) // 1000
                self._bins[off if off < BINS else BINS - 1] += 1
            elif step < 1000:
                self.missing += step - 1
        phone.heard = True
        phone.heard_sequence = sequence
        phone.heard_ns = at_ns
        if packet[12] != 0xFF or packet[52] != 0xFF or packet[92] != 0xFF or packet[132] != 0xFF:
            phone.audible_ns = at_ns

    cdef void _close_onsets(self, int64_t now):
        """Half a second after an onset nothing more of the interrupted speech can come."""
        cdef int i
        cdef Phone* phone
        for i in range(self._count):
            phone = &self._phones[i]
            if phone.onset_ns and now - phone.onset_ns > 500000000:
                # A packet plays for 20 ms from its arrival.
                if 0 < phone.audible_ns - phone.onset_ns:
                    self._barge_ins.append((phone.audible_ns + PERIOD_NS - phone.onset_ns) / 1e6)
                phone.onset_ns = 0

    cdef void _turn(self, int64_t base, int64_t number, int64_t ticks, const uint8_t* loop, int packets,
                    int* by_slot, int* first) noexcept nogil:
        cdef uint8_t packet[PACKET]
        cdef uint8_t data[512]
        cdef void* owners[READY]
        cdef int64_t end = number + ticks, at_ns = 0, due
        cdef int i, n, ready, slot
        memset(packet, 0, PACKET)
        while number < end:
            due = base + number * SLOT_NS
            if now_ns() < due:
                sleep_until_ns(due)
            elif now_ns() > due + 1000000:
                self.late_ticks += 1
            slot = number % SLOTS
            for i in range(first[slot], first[slot + 1]):
                self._send(&self._phones[by_slot[i]], packet, loop, packets)
            ready = READY
            while ready == READY:
                ready = epoll_ready(self._epoll, owners)
                for i in range(ready):
                    n = bench_receive((<Phone*>owners[i]).fd, data, 512, &at_ns)
                    while n >= 0:
                        self._hear(<Phone*>owners[i], data, n, at_ns)
                        n = bench_receive((<Phone*>owners[i]).fd, data, 512, &at_ns)
            number += 1

    def run(self, double seconds):
        """Talk and listen for this long; may be called again and goes on where it ended."""
        cdef const uint8_t* loop = self._loop
        cdef int packets = len(self._loop) // 160, i
        cdef int64_t base = now_ns(), number = 0, last = <int64_t>(seconds * 1e9 / SLOT_NS)
        order = sorted(range(self._count), key=lambda index: self._phones[index].slot)
        cdef int* by_slot = <int*>calloc(self._count + 1, sizeof(int))
        cdef int first[101]
        memset(first, 0, sizeof(first))
        for i in range(self._count):
            by_slot[i] = order[i]
            first[self._phones[i].slot + 1] += 1
        for i in range(SLOTS):
            first[i + 1] += first[i]
        self.realtime = make_realtime(20) == 0
        while number < last:
            with nogil:
                self._turn(base, number, 500, loop, packets, by_slot, first)
            number += 500
            self._close_onsets(bench_wall_ns())
        free(by_slot)

    def results(self):
        """(deviation histogram of 1 us bins as a list of (us, count), barge-in times in ms)."""
        return [(i, self._bins[i]) for i in range(BINS) if self._bins[i]], self._barge_ins


cdef class Floor:
    """One send and all receives per socket and 20 ms, spread over 20 slots of 1 ms as the engine does it."""

    cdef list _fds
    cdef list _ports
    cdef uint32_t _stop

    def __cinit__(self, list fds, list ports):
        self._fds = fds
        self._ports = ports

    def stop(self):
        self._stop = 1

    def run(self):
        cdef int count = len(self._fds), i, n, ready
        cdef Phone* legs = <Phone*>calloc(count, sizeof(Phone))
        cdef int epoll = epoll_create()
        cdef uint8_t packet[PACKET]
        cdef uint8_t data[512]
        cdef uint64_t peer = 0
        cdef void* owners[READY]
        cdef int64_t base = now_ns(), number = 0
        memset(packet, 0xFF, PACKET)
        for i in range(count):
            legs[i].fd = self._fds[i]
            legs[i].peer = (<uint64_t>0x7F000001 << 16) | <uint64_t>self._ports[i]
            epoll_add(epoll, legs[i].fd, &legs[i])
        block_signals()
        make_realtime(20)
        with nogil:
            while not self._stop:
                sleep_until_ns(base + number * 1000000)
                i = number % 20
                while i < count:
                    packet[2] = legs[i].sequence >> 8
                    packet[3] = legs[i].sequence & 0xFF
                    legs[i].sequence += 1
                    send_to(legs[i].fd, packet, PACKET, legs[i].peer)
                    i += 20
                ready = 1
                while ready > 0:
                    ready = epoll_ready(epoll, owners)
                    for i in range(ready):
                        receive_from((<Phone*>owners[i]).fd, data, 512, &peer)
                number += 1
        close_fd(epoll)
        free(legs)
