"""Follows who is speaking on a stereo recording as it grows.

```
received  ──████████────────────█████──
                   |<-turn gap->|
sent      ─────────────────███─────────
```
"""

from __future__ import annotations

import numpy as np

FRAME_SAMPLES = 160  # 20 ms at 8 kHz
AUDIBLE_RMS = 60.0  # about -55 dBFS: above mu-law's idle noise, below the softest speech on a telephone


class Listener:
    """Consumes interleaved 16-bit stereo (left received, right sent), in 20 ms frames.

    Positions are samples of 8 kHz whatever the rate of the recording, 8000 or 16000.
    """

    def __init__(self, rate_hz: int = 8000) -> None:
        self.position = 0  # consumed
        self._frame = rate_hz // 50
        self.last_heard: int | None = None  # end of the last audible received frame
        self.utterance_started: int | None = None  # start of the utterance being received
        self._rest = b""

    def receive(self, frames: bytes) -> None:
        """Consume stereo frames of any number; what does not fill 20 ms is kept for the next call."""
        data = self._rest + frames
        size = self._frame * 4
        whole = len(data) // size * size
        self._rest = data[whole:]
        if not whole:
            return
        left = np.frombuffer(data[:whole], dtype="<i2").reshape(-1, self._frame, 2)[:, :, 0]
        levels = np.sqrt(np.mean(left.astype(np.float32) ** 2, axis=1))
        for level in levels:
            self._step(bool(level > AUDIBLE_RMS))

    def _step(self, audible: bool) -> None:
        self.position += FRAME_SAMPLES
        if not audible:
            return
        new = self.last_heard is None or self.position - self.last_heard > 6 * FRAME_SAMPLES
        if new or self.utterance_started is None:
            self.utterance_started = self.position - FRAME_SAMPLES
        self.last_heard = self.position

    def silent_for(self, samples: int, since: int) -> bool:
        """Something was heard after `since`, and nothing for the last `samples`."""
        if self.last_heard is None or self.last_heard <= since:
            return False
        return self.position - self.last_heard >= samples

    def speaking_since(self, after: int) -> int | None:
        """Where the utterance in progress began, if it began after `after`; otherwise None."""
        started = self.utterance_started
        return started if started is not None and started >= after else None
