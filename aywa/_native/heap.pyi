"""How the C library's heap gives memory back (mallopt(3), malloc_trim(3))."""

def settle_heap() -> bool:
    """Map what has 32 KiB or more on its own, so that a call's media memory goes back when it is freed.

    The thresholds that glibc chooses itself grow to megabytes with the first large block that is freed; what
    calls leave behind then stays with the process. False where the C library has no such thing.
    """

def trim_heap() -> bool:
    """Give the pages of the heap that nothing lies in back to the system; True when there were any.

    It locks the heap meanwhile, some milliseconds for each 100 MiB: for when nobody speaks. Without the GIL.
    """
