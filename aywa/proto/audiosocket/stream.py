"""AudioSocket frames out of a stream of bytes, however TCP has cut it."""

from __future__ import annotations

from aywa.proto.audiosocket.frame import HEADER_BYTES, Frame, check_frame, parse_kind


class FrameReader:
    """Gives frames as soon as they are whole; holds less than one frame and what it is given at a time."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self.passed_over = 0  # frames of kinds without a meaning

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises ParseError; nothing can be read after it."""
        unread = self._unread
        unread += data
        frames: list[Frame] = []
        start = 0
        while len(unread) - start >= HEADER_BYTES:
            length = unread[start + 1] << 8 | unread[start + 2]
            kind = parse_kind(unread[start], length)
            end = start + HEADER_BYTES + length
            if end > len(unread):
                break
            if kind is None:
                self.passed_over += 1
            else:
                frames.append(check_frame(Frame(kind, bytes(unread[start + HEADER_BYTES : end]))))
            start = end
        del unread[:start]
        return frames

    @property
    def mid_frame(self) -> bool:
        """True when the stream ends here in the middle of a frame."""
        return bool(self._unread)
