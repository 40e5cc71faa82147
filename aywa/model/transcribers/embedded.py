"""The recogniser that comes with the runtime."""

from __future__ import annotations

from typing import Literal

from aywa.model.transcribers.base import AnyTranscriber


class EmbeddedTranscriber(AnyTranscriber):
    """It understands what the dialogue expects, and asks nobody. RUNTIME_STT must name it too."""

    provider: Literal["embedded"]
