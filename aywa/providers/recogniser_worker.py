"""The recogniser process: `python -m aywa.providers.recogniser_worker`, frames on stdin and stdout.

It ends by itself when stdin ends, so it cannot outlive the runtime, however that died.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pocketsphinx

from aywa.log import configure_logging, install_crash_log
from aywa.providers.grammar import PronouncingDictionary, missing_words
from aywa.providers.recogniser import DecoderStore, Utterance
from aywa.providers.recogniser_wire import FrameKind, FrameReader, encode_frame

_PARTIAL_EVERY = 6400  # bytes: 200 ms


class Worker:
    """Serves the frames of one pipe, in order."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        path = Path(pocketsphinx.get_model_path("en-us")) / "cmudict-en-us.dict"
        self._dictionary = PronouncingDictionary(path)
        self._store = DecoderStore(self._dictionary)
        self._utterances: dict[int, Utterance] = {}
        self._partials: dict[int, tuple[int, str]] = {}  # bytes since the last look, text sent last

    def serve(self, descriptor: int) -> None:
        """Read until the end of the pipe."""
        self._send(FrameKind.READY, 0)
        reader = FrameReader()
        while data := os.read(descriptor, 1 << 16):
            for kind, utterance, payload in reader.feed(data):
                self._take(kind, utterance, payload)

    def _take(self, kind: FrameKind, utterance: int, payload: bytes) -> None:
        match kind:
            case FrameKind.BEGIN:
                order = json.loads(payload)
                self._utterances[utterance] = Utterance(self._store, order["phrases"], order["gain"])
                self._partials[utterance] = (0, "")
            case FrameKind.AUDIO if utterance in self._utterances:
                self._utterances[utterance].feed(payload)
                self._look(utterance, len(payload))
            case FrameKind.END if utterance in self._utterances:
                heard = self._utterances.pop(utterance).finish()
                del self._partials[utterance]
                result = {"text": heard.text, "confidence": heard.confidence, "level_db": heard.level_db}
                self._send(FrameKind.RESULT, utterance, json.dumps(result).encode())
            case FrameKind.ABANDON if utterance in self._utterances:
                self._utterances.pop(utterance).abandon()
                del self._partials[utterance]
            case FrameKind.CHECK:
                order = json.loads(payload)
                self._dictionary.add(order["pronunciations"])
                missing = missing_words(order["phrases"], self._dictionary)
                self._send(FrameKind.MISSING, utterance, json.dumps(missing).encode())
            case _:
                pass  # audio of an utterance that is over

    def _look(self, utterance: int, fed: int) -> None:
        since, sent = self._partials[utterance]
        since += fed
        if since >= _PARTIAL_EVERY:
            since = 0
            text = self._utterances[utterance].partial()
            if text and text != sent:
                sent = text
                self._send(FrameKind.PARTIAL, utterance, text.encode())
        self._partials[utterance] = (since, sent)

    def _send(self, kind: FrameKind, utterance: int, payload: bytes = b"") -> None:
        self._out.write(encode_frame(kind, utterance, payload))
        self._out.flush()


def main() -> None:
    """Serve stdin and stdout until the parent is gone."""
    configure_logging(level="ERROR")
    install_crash_log()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent drains first
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever the library prints must not break the frames
    with suppress(BrokenPipeError):
        Worker(out).serve(sys.stdin.fileno())
    os._exit(0)  # decoders hold nothing that needs goodbye


if __name__ == "__main__":
    main()
