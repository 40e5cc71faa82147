"""tcpdump as the reader that did not come from us."""

from __future__ import annotations

import subprocess
from pathlib import Path


def read_pcap(path: Path, *options: str) -> list[str]:
    """What `tcpdump -nn` prints of the file, line by line; an error of it is one of the test."""
    # From its standard input: it gives its rights up before it opens files.
    with path.open("rb") as file:
        done = subprocess.run(
            ["tcpdump", "-nn", "-r", "-", *options], stdin=file, capture_output=True, check=True, timeout=30
        )
    return done.stdout.decode().splitlines()
