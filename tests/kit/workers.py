"""Which of the processes that run tests at the same time this is, and its own part of what they share."""

import os


def worker() -> tuple[int, int]:
    """The number of this process, from 0, and how many there are; (0, 1) where it is the only one."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return int(number), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def own_part(first: int, end: int) -> tuple[int, int]:
    """This process's part of `first` to `end` (not included), beginning at an even number."""
    number, count = worker()
    size = (end - first) // count & ~1
    return first + number * size, first + (number + 1) * size
