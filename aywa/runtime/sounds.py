"""What sounds behind calls: by whose rules it is fetched, and what an assistant's plan asks for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

import trio

from aywa.call.speaking_plan import recorded_words
from aywa.errors import ConfigError, Gap, MediaError
from aywa.media.clip import Clip, load_clip
from aywa.media.fetch import FetchRules
from aywa.media.hold_audio import HoldAudio
from aywa.media.office import LEVEL, office
from aywa.model.assistant import Assistant
from aywa.proto.outbound_rules import PUBLIC_ONLY, OutboundRules
from aywa.settings import MediaSettings

FIELD = "RUNTIME_ASSISTANT.backgroundSound"
FIRST_MESSAGE = "RUNTIME_ASSISTANT.firstMessage"


def hold_audio(media: MediaSettings, rules: OutboundRules, *, loudest: float | None = None) -> HoldAudio:
    """Sounds by URL, as the settings let them be fetched."""
    fetched = FetchRules(plain=media.hold_audio == "http", outbound=rules)
    return HoldAudio(None if media.hold_audio == "off" else fetched, media.hold_audio_dir, loudest=loudest)


def load_ambience(
    assistant: Assistant | None, media: MediaSettings, rules: OutboundRules = PUBLIC_ONLY
) -> Clip | None:
    """What sounds behind the conversation, None for nothing. Blocks; for a worker thread of trio.

    Raises `ConfigError`.
    """
    sound = None if assistant is None else assistant.background_sound
    if sound is None or sound == "off":
        return None
    if sound == "office":
        return office(Random(0))
    try:
        if "://" in sound:
            return trio.from_thread.run(partial(hold_audio(media, rules, loudest=LEVEL).get, sound))
        return load_clip(Path(sound), loudest=LEVEL)
    except MediaError as error:
        raise ConfigError([Gap(FIELD, error.detail, "office")]) from error


def load_first_message(
    assistant: Assistant | None, media: MediaSettings, rules: OutboundRules = PUBLIC_ONLY
) -> dict[str, bytes]:
    """The recording that an assistant greets with, S16LE of 8 kHz by the words that stand for it; or {}.

    Blocks; for a worker thread of trio. Raises `ConfigError`.
    """
    if assistant is None or not assistant.first_message_url:
        return {}
    source = hold_audio(media, rules)
    try:
        pcm = trio.from_thread.run(source.speech, assistant.first_message_url)
    except MediaError as error:
        raise ConfigError([Gap(FIRST_MESSAGE, error.detail, "https://example.com/welcome.wav")]) from error
    return {recorded_words(assistant): pcm}
