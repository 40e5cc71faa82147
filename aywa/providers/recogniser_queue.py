"""Frames on their way to a recogniser process, which it may take up later than they come. Pure."""

from __future__ import annotations

from collections import deque

from aywa.providers.recogniser_wire import FrameKind, encode_frame


class FrameQueue:
    """In the order in which they came; an utterance that nobody waits for any more leaves nothing in it."""

    def __init__(self) -> None:
        self._frames: deque[tuple[FrameKind, int, bytes]] = deque()
        self.size = 0  # bytes

    def put(self, kind: FrameKind, utterance: int, payload: bytes = b"") -> None:
        """Behind all others. Raises `LocalProtocolError` for a payload that no frame holds."""
        frame = encode_frame(kind, utterance, payload)
        self._frames.append((kind, utterance, frame))
        self.size += len(frame)

    def put_first(self, kind: FrameKind, utterance: int, payload: bytes = b"") -> None:
        """Before all others. Raises as `put` does."""
        frame = encode_frame(kind, utterance, payload)
        self._frames.appendleft((kind, utterance, frame))
        self.size += len(frame)

    def take(self, most: int) -> bytes:
        """The next frames, whole ones, up to `most` bytes; one frame at least, b"" when there is none."""
        taken: list[bytes] = []
        length = 0
        while self._frames and (not taken or length + len(self._frames[0][2]) <= most):
            frame = self._frames.popleft()[2]
            taken.append(frame)
            length += len(frame)
        self.size -= length
        return b"".join(taken)

    def forget(self, utterance: int) -> bool:
        """Drop what is left of an utterance; True when it had not begun to be taken."""
        dropped = [entry for entry in self._frames if entry[1] == utterance]
        if dropped:
            self._frames = deque(entry for entry in self._frames if entry[1] != utterance)
            self.size -= sum(len(frame) for _, _, frame in dropped)
        return any(kind is FrameKind.BEGIN for kind, _, _ in dropped)

    def clear(self) -> None:
        """Drop everything."""
        self._frames.clear()
        self.size = 0
