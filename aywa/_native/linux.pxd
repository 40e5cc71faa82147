"""The system calls of the engine thread, wrapped so that Cython sees numbers and pointers only."""
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t, uint8_t


cdef extern from * nogil:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <errno.h>
    #include <pthread.h>
    #include <signal.h>
    #include <string.h>
    #include <time.h>
    #include <unistd.h>
    #include <netinet/in.h>
    #include <sys/epoll.h>
    #include <sys/eventfd.h>
    #include <sys/socket.h>
    #include <sys/syscall.h>

    static inline void aywa_prefetch_span(const void *address, int size) {
        const char *line = (const char *)((uintptr_t)address & ~(uintptr_t)63), *end = (const char *)address + size;
        for (; line < end; line += 64) __builtin_prefetch(line);
    }

    static inline int64_t aywa_now_ns(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }

    static inline int64_t aywa_unix_ns(void) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }

    static inline void aywa_sleep_until_ns(int64_t deadline_ns) {
        struct timespec t = {deadline_ns / 1000000000, deadline_ns % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {}
    }

    /* Signals belong to the main thread, where Trio waits for them. */
    static inline void aywa_block_signals(void) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
    }

    /* An IPv4 peer travels as one word, address << 16 | port, so that changing it is one atomic store. */
    static inline uint64_t aywa_peer(const struct sockaddr_in *a) {
        return (uint64_t)ntohl(a->sin_addr.s_addr) << 16 | ntohs(a->sin_port);
    }

    /* From now on the kernel may cut packets of this socket that are too long for the path; -1 if it may already.
       A socket that never asks for that (`ports.py`) is spared the search for an IP identification a packet. */
    static inline int aywa_fragment(int fd) {
        int wanted = IP_PMTUDISC_WANT, present = wanted;
        socklen_t size = sizeof present;
        if (getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &present, &size) || present == wanted) return -1;
        return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &wanted, sizeof wanted);
    }

    /* The calls of every packet go past the C library, which would make each a place to cancel the thread. */
    static inline int64_t aywa_send_to(int fd, const uint8_t *data, int length, uint64_t peer) {
        struct sockaddr_in a;
        memset(&a, 0, sizeof a);
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl((uint32_t)(peer >> 16));
        a.sin_port = htons((uint16_t)peer);
        for (;;) {
            int64_t n = syscall(SYS_sendto, fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, &a, sizeof a);
            if (n >= 0 || errno != EMSGSIZE || aywa_fragment(fd) != 0) return n;
        }
    }

    /* One datagram of at most `size` bytes and its sender; -1 when none waits. A longer one is no RTP of ours:
       its length is reported as 0. recvmmsg costs more: it copies more headers and looks once too often. */
    static inline int aywa_receive_from(int fd, uint8_t *buffer, int size, uint64_t *peer) {
        struct sockaddr_in a;
        socklen_t n = sizeof a;
        int length = (int)syscall(SYS_recvfrom, fd, buffer, size, MSG_DONTWAIT | MSG_TRUNC, &a, &n);
        if (length >= 0) *peer = aywa_peer(&a);
        return length > size ? 0 : length;
    }

    static inline int aywa_epoll_add(int epoll_fd, int fd, void *owner) {
        struct epoll_event e;
        memset(&e, 0, sizeof e);
        e.events = EPOLLIN;
        e.data.ptr = owner;
        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    }

    static inline int aywa_epoll_remove(int epoll_fd, int fd) {
        return epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    }

    #define AYWA_READY 256
    static inline int aywa_epoll_ready(int epoll_fd, void **owners) {
        struct epoll_event e[AYWA_READY];
        int i, n = epoll_wait(epoll_fd, e, AYWA_READY, 0);
        for (i = 0; i < n; i++) owners[i] = e[i].data.ptr;
        return n;
    }

    static inline int aywa_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
    static inline int aywa_event_fd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
    static inline void aywa_signal_event(int fd) { uint64_t one = 1; ssize_t n = write(fd, &one, 8); (void)n; }
    static inline void aywa_clear_event(int fd) { uint64_t v; ssize_t n = read(fd, &v, 8); (void)n; }
    static inline void aywa_close(int fd) { close(fd); }
    """
    enum:
        READY "AYWA_READY"
    void prefetch "__builtin_prefetch"(const void* address) noexcept
    void prefetch_span "aywa_prefetch_span"(const void* address, int size) noexcept
    int64_t now_ns "aywa_now_ns"() noexcept
    int64_t unix_ns "aywa_unix_ns"() noexcept
    void sleep_until_ns "aywa_sleep_until_ns"(int64_t deadline_ns) noexcept
    void block_signals "aywa_block_signals"() noexcept
    int64_t send_to "aywa_send_to"(int fd, const uint8_t* data, int length, uint64_t peer) noexcept
    int receive_from "aywa_receive_from"(int fd, uint8_t* buffer, int size, uint64_t* peer) noexcept
    int epoll_add "aywa_epoll_add"(int epoll_fd, int fd, void* owner) noexcept
    int epoll_remove "aywa_epoll_remove"(int epoll_fd, int fd) noexcept
    int epoll_ready "aywa_epoll_ready"(int epoll_fd, void** owners) noexcept
    int epoll_create "aywa_epoll_create"() noexcept
    int event_fd "aywa_event_fd"() noexcept
    void signal_event "aywa_signal_event"(int fd) noexcept
    void clear_event "aywa_clear_event"(int fd) noexcept
    void close_fd "aywa_close"(int fd) noexcept
