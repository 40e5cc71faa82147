"""`python -m aywa.knowledge.read_child KIND`: a file on standard input, its text on standard output.

A process of its own, with a bound on its memory: a file that makes a parser run wild takes no call with it.
"""

from __future__ import annotations

import resource
import sys

from aywa.knowledge.formats import UnreadableFileError, text_of

MAX_MEMORY = 1 << 30  # bytes
UNREADABLE = 3  # the exit status; the reason is on standard error


def main() -> None:
    """Read, and exit with 0, or with `UNREADABLE`."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    try:
        text = text_of(sys.stdin.buffer.read(), sys.argv[1])
    except UnreadableFileError as error:
        sys.stderr.write(error.detail)
        sys.exit(UNREADABLE)
    except MemoryError:
        sys.stderr.write("The file takes more memory than a file may")
        sys.exit(UNREADABLE)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
