"""How the calling thread is scheduled (sched_setscheduler(2), sched_setattr(2))."""

from libc.stdint cimport uint64_t

cdef extern from * nogil:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <errno.h>
    #include <sched.h>
    #include <stdint.h>
    #include <string.h>
    #include <unistd.h>
    #include <sys/syscall.h>

    struct aywa_sched_attr {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    };

    static inline int aywa_make_fifo(int priority) {
        struct sched_param p;
        memset(&p, 0, sizeof p);
        p.sched_priority = priority;
        return sched_setscheduler(0, SCHED_FIFO, &p) ? errno : 0;
    }

    static inline uint64_t aywa_slice_ns(void) {
        struct aywa_sched_attr a;
        memset(&a, 0, sizeof a);
        if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) || a.policy != SCHED_OTHER) return 0;
        return a.runtime;
    }

    /* Linux 6.12 takes the runtime of a SCHED_OTHER thread as its slice; older ones ignore it without a word, so
       what counts is what they say afterwards. The nice value stays. */
    static inline int aywa_short_slice(uint64_t ns) {
        struct aywa_sched_attr a;
        memset(&a, 0, sizeof a);
        if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0)) return errno;
        a.size = sizeof a;
        a.policy = SCHED_OTHER;
        a.flags = 0;
        a.runtime = ns;
        a.deadline = a.period = 0;
        if (syscall(SYS_sched_setattr, 0, &a, 0)) return errno;
        return aywa_slice_ns() == ns ? 0 : ENOSYS;
    }
    """
    int _make_fifo "aywa_make_fifo"(int priority)
    int _short_slice "aywa_short_slice"(uint64_t ns)
    uint64_t _slice_ns "aywa_slice_ns"()


def make_fifo(int priority):
    return _make_fifo(priority)


def short_slice(uint64_t ns):
    return _short_slice(ns)


def slice_ns():
    return _slice_ns()
