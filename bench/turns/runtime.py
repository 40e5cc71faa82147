"""`python -m bench.turns.runtime LOG PORT`: the whole runtime with emulated services in one process.

Settings come from RUNTIME_* variables as ever. What happened is written to LOG; callers tell the recogniser
on UDP port PORT what they say. "ready" on stdout when calls are taken; it ends with its stdin.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from random import SystemRandom

import trio

from aywa._native.heap import settle_heap
from aywa.log import configure_logging
from aywa.runtime.opening import open_runtime
from aywa.runtime.providers import Providers
from aywa.settings import Settings
from bench.turns.emulators import EmulatedModel, EmulatedTranscriber, EmulatedVoice, Log
from bench.turns.recordings import LANGUAGES, single_words


async def run(log: Log, port: int) -> None:
    """Serve until stdin ends."""
    transcriber = EmulatedTranscriber(port)
    providers = Providers(transcriber, EmulatedModel(log), EmulatedVoice(log))
    settings = Settings.from_env(os.environ)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(transcriber.serve)
        async with open_runtime(settings, rng=SystemRandom(), observer=log.observe, providers=providers):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        nursery.cancel_scope.cancel()


def main() -> int:
    """Run it."""
    settle_heap()
    configure_logging(level="WARNING")
    for language in LANGUAGES:  # read before the first call, which would wait for the disk
        single_words(language)
    gc.freeze()
    with Log(Path(sys.argv[1])) as log:
        trio.run(run, log, int(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
