"""An Aura voice of Deepgram's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.voices.base import ProviderVoice, VoiceId


class DeepgramVoice(ProviderVoice):
    """`voice_id`: the name alone ("thalia") or Deepgram's whole model ("aura-2-thalia-en").

    `transport`: "socket" has the phrases of a call on one websocket, "http" has a request for each.
    """

    provider: Literal["deepgram"]
    voice_id: VoiceId
    model: Literal["aura", "aura-2"] = "aura-2"
    speed: float = Field(1.0, ge=0.7, le=1.5)
    mip_opt_out: bool = False
    transport: Literal["socket", "http"] = "socket"

    @property
    def whole_model(self) -> str:
        """As Deepgram names it."""
        if self.voice_id.startswith("aura"):
            return self.voice_id
        language = (self.spoken_language or "en").partition("-")[0].lower()
        return f"{self.model}-{self.voice_id.lower()}-{language}"
