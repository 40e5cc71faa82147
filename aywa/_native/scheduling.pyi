"""How the calling thread is scheduled. Functions return 0 or the errno with which the kernel refused."""

def make_fifo(priority: int) -> int:
    """SCHED_FIFO at 1..99: it runs as soon as it is due, before anything that is not realtime."""

def short_slice(ns: int) -> int:
    """Ordinary scheduling with slices of 100000..100000000 ns: a thread that wakes for less gets its turn
    sooner (EEVDF). Needs no permission. ENOSYS where the kernel, older than Linux 6.12, has no such thing.
    """

def slice_ns() -> int:
    """The slice the thread was given; 0 for the kernel's own choice or another policy."""
