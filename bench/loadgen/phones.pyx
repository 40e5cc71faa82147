# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Many RTP phones in one thread: they send a tape of ready packets on an absolute grid and measure what comes back
by the kernel's receive timestamps.

The tape is made before the run (`tape.py`), so an Opus or SRTP phone costs the generator what a PCMU phone costs.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from aywa._native.linux cimport *

from aywa._native.scheduling import make_fifo

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
    PACKET = 172               # PCMU for 20 ms
    HEARD_BYTES = 512          # of a packet that is kept
    WITNESSES = 48             # phones whose packets are kept for listening after the run

cdef struct Phone:
    int fd
    int slot
    uint64_t peer
    int at                     # the next packet of the tape
    bint heard
    uint16_t heard_sequence
    int64_t heard_ns
    int64_t audible_ns         # the last packet with speech in it
    int64_t onset_ns           # when the speech that may interrupt it was sent; 0: none is open

cdef struct Heard:
    int phone
    int length                 # 0: no packet came, the phone sent the first packet of speech
    int64_t at_ns
    uint8_t data[HEARD_BYTES]


cdef class Phones:
    cdef Phone* _phones
    cdef int _count
    cdef int _epoll
    cdef bytes _tape
    cdef uint8_t* _ready
    cdef uint32_t* _places
    cdef int _packets, _loop, _onset
    cdef uint32_t* _bins
    cdef Heard* _witnessed
    cdef int _room, _kept
    cdef public int64_t sent, received, missing, late_ticks
    cdef public bint realtime
    cdef list _barge_ins

    def __cinit__(self, list fds, list slots, list tape, int loop, int onset, int keep):
        """`tape`: the packets a phone sends one after the other, the same speech every `loop` packets, whose first
        audible packet has the index `onset`; each phone begins in another place of the first loop. `keep`: packets
        of the first 48 phones to keep for listening afterwards; 0 measures barge-in on PCMU as it comes.
        """
        self._count = len(fds)
        self._phones = <Phone*>calloc(self._count, sizeof(Phone))
        self._bins = <uint32_t*>calloc(BINS, sizeof(uint32_t))
        self._epoll = epoll_create()
        self._tape = b"".join(tape)
        self._ready = self._tape
        self._packets = len(tape)
        self._places = <uint32_t*>calloc(self._packets + 1, sizeof(uint32_t))
        for i, packet in enumerate(tape):
            self._places[i + 1] = self._places[i] + len(packet)
        self._loop = loop
        self._onset = onset
        self._room = keep
        self._witnessed = <Heard*>calloc(keep + 1, sizeof(Heard))
        self._barge_ins = []
        for i in range(self._count):
            self._phones[i].fd = fds[i]
            self._phones[i].slot = slots[i]
            self._phones[i].at = (i * 7919) % loop
            bench_timestamps(fds[i])
            epoll_add(self._epoll, fds[i], &self._phones[i])

    def __dealloc__(self):
        free(self._phones)
        free(self._bins)
        free(self._places)
        free(self._witnessed)
        close_fd(self._epoll)

    def aim(self, list ports):
        for i in range(self._count):
            self._phones[i].peer = (<uint64_t>0x7F000001 << 16) | <uint64_t>ports[i]

    def clear(self):
        """Forget what was measured so far (warm-up)."""
        memset(self._bins, 0, BINS * sizeof(uint32_t))
        self.sent = self.received = self.missing = self.late_ticks = 0
        self._barge_ins = []
        self._kept = 0

    cdef void _send(self, Phone* phone) noexcept nogil:
        cdef uint8_t* tape = self._ready
        cdef int length
        if phone.at >= self._packets:
            return
        length = self._places[phone.at + 1] - self._places[phone.at]
        if phone.at % self._loop == self._onset:
            phone.onset_ns = bench_wall_ns()
            if self._room:
                self._keep(phone, NULL, 0, phone.onset_ns)
        if send_to(phone.fd, tape + self._places[phone.at], length, phone.peer) == length:
            self.sent += 1
        phone.at += 1

    cdef void _hear(self, Phone* phone, const uint8_t* packet, int length, int64_t at_ns) noexcept nogil:
        cdef uint16_t sequence = (<uint16_t>packet[2] << 8) | packet[3], step
        cdef int64_t off
        if length < 12 or packet[1] >= 0xC0 and packet[1] < 0xE0:
            return  # RTCP on the same port (RFC 5761 section 4)
        self.received += 1
        if phone.heard:
            step = sequence - phone.heard_sequence
            if step == 1:
                # The marker says that nothing was sent before on purpose (RFC 3551 section 4.1).
                if not packet[1] & 0x80:
                    off = at_ns - phone.heard_ns - PERIOD_NS
                    off = (off if off > 0 else -off) // 1000
                    self._bins[off if off < BINS else BINS - 1] += 1
            elif step < 1000:
                self.missing += step - 1
        phone.heard = True
        phone.heard_sequence = sequence
        phone.heard_ns = at_ns
        if self._room:
            self._keep(phone, packet, length, at_ns)
        elif length == PACKET and (
                packet[12] != 0xFF or packet[52] != 0xFF or packet[92] != 0xFF or packet[132] != 0xFF):
            phone.audible_ns = at_ns

    cdef void _keep(self, Phone* phone, const uint8_t* packet, int length, int64_t at_ns) noexcept nogil:
        cdef int index = <int>(phone - self._phones)
        cdef Heard* heard = &self._witnessed[self._kept]
        if index >= WITNESSES or self._kept == self._room or length > HEARD_BYTES:
            return
        self._kept += 1
        heard.phone = index
        heard.length = length
        heard.at_ns = at_ns
        if length:
            memcpy(heard.data, packet, length)

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

    cdef void _turn(self, int64_t base, int64_t number, int64_t ticks, int* by_slot, int* first) noexcept nogil:
        cdef uint8_t data[HEARD_BYTES]
        cdef void* owners[READY]
        cdef int64_t end = number + ticks, at_ns = 0, due
        cdef int i, n, ready, slot
        while number < end:
            due = base + number * SLOT_NS
            if now_ns() < due:
                sleep_until_ns(due)
            elif now_ns() > due + 1000000:
                self.late_ticks += 1
            slot = number % SLOTS
            for i in range(first[slot], first[slot + 1]):
                self._send(&self._phones[by_slot[i]])
            ready = READY
            while ready == READY:
                ready = epoll_ready(self._epoll, owners)
                for i in range(ready):
                    n = bench_receive((<Phone*>owners[i]).fd, data, HEARD_BYTES, &at_ns)
                    while n >= 0:
                        self._hear(<Phone*>owners[i], data, n, at_ns)
                        n = bench_receive((<Phone*>owners[i]).fd, data, HEARD_BYTES, &at_ns)
            number += 1

    def run(self, double seconds):
        """Talk and listen for this long; may be called again and goes on where it ended."""
        cdef int i
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
        self.realtime = make_fifo(20) == 0
        while number < last:
            with nogil:
                self._turn(base, number, 500, by_slot, first)
            number += 500
            if not self._room:
                self._close_onsets(bench_wall_ns())
        free(by_slot)

    def results(self):
        """(deviation histogram of 1 us bins as a list of (us, count), barge-in times in ms)."""
        return [(i, self._bins[i]) for i in range(BINS) if self._bins[i]], self._barge_ins

    def witnessed(self):
        """What the first phones heard since the last `clear`: (phone, ns of the wall clock, packet) in order; an empty
        packet says that the phone sent its first packet of speech then.
        """
        return [
            (self._witnessed[i].phone, self._witnessed[i].at_ns, self._witnessed[i].data[:self._witnessed[i].length])
            for i in range(self._kept)
        ]
