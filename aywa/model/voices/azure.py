"""A voice of Azure's Speech service."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from aywa.model.voices.base import ProviderVoice, VoiceId

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})+?(?=-[A-Za-z0-9:]*$)")


class AzureVoice(ProviderVoice):
    """`voice_id`: the short name, such as "en-US-JennyNeural"; the address with its region is the
    credential's.
    """

    provider: Literal["azure"]
    voice_id: VoiceId
    speed: float = Field(1.0, ge=0.5, le=2)

    @property
    def locale(self) -> str:
        """What is spoken: as chosen, else what the voice's name begins with."""
        found = _LOCALE.match(self.voice_id)
        return self.spoken_language or (found[0] if found else "en-US")
