# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The engine's socket work without the engine: the same sends and receives per 20 ms and nothing between them."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from aywa._native.linux cimport *

cdef enum:
    PACKET = 172

cdef struct Socket:
    int fd
    uint64_t peer
    uint16_t sequence


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
        cdef Socket* legs = <Socket*>calloc(count, sizeof(Socket))
        cdef int epoll = epoll_create()
        cdef uint8_t packet[PACKET]
        cdef uint8_t data[512]
        cdef uint64_t peer = 0
        cdef void* owners[READY]
        cdef int64_t base = now_ns(), number = 0
        memset(packet, 0xFF, PACKET)
        packet[0], packet[1] = 0x80, 0
        for i in range(count):
            legs[i].fd = self._fds[i]
            legs[i].peer = (<uint64_t>0x7F000001 << 16) | <uint64_t>self._ports[i]
            epoll_add(epoll, legs[i].fd, &legs[i])
        block_signals()
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
                        receive_from((<Socket*>owners[i]).fd, data, 512, &peer)
                number += 1
        close_fd(epoll)
        free(legs)
