"""Voices without a service: Piper's HTTP server, the embedded one, and a server of the operator's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aywa.model.server_body import ServerBody
from aywa.model.voices.base import ProviderVoice, VoiceId


class PiperVoice(ProviderVoice):
    """A voice of a Piper HTTP server, whose address is the credential's. Without `voice_id` its own.

    `length_scale`: how long sounds are (1 is usual); without it, it follows `speed`.
    """

    provider: Literal["piper"]
    voice_id: VoiceId | None = None
    speaker_id: int | None = Field(None, ge=0, le=100_000)
    length_scale: float | None = Field(None, ge=0.25, le=4)
    noise_scale: float | None = Field(None, ge=0, le=2)
    noise_w_scale: float | None = Field(None, ge=0, le=2)


class EmbeddedVoice(ProviderVoice):
    """espeak-ng in process. `voice_id`: one of its own ("en-us", "de"); without it, by the language."""

    provider: Literal["embedded"]
    voice_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+-]{1,40}$")] | None = None


class CustomVoicePlan(ProviderVoice):
    """A server of yours, asked with `voice-request`, gives raw PCM; without `server` the assistant's."""

    provider: Literal["custom-voice"]
    voice_id: VoiceId | None = None
    server: ServerBody | None = None
