"""The files that the settings name, read before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from aywa.errors import ConfigError, Gap, MediaError
from aywa.media.clip import Clip, comfort_noise, load_clip
from aywa.model.assistant import Assistant
from aywa.model.price_table import PriceTable
from aywa.proto.outbound_rules import OutboundRules, outbound_rules
from aywa.runtime.assistant import fixed_wordings, load_assistant
from aywa.runtime.faults import Faults
from aywa.runtime.preflight import check_host
from aywa.runtime.prices import load_prices
from aywa.runtime.providers import Speech
from aywa.runtime.sounds import load_ambience, load_first_message
from aywa.runtime.store_key import load_sealer
from aywa.scenarios.registry import ScriptedScenario, load_scenario
from aywa.settings import Settings
from aywa.store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """What the settings' files hold, and which phrases are fixed by them."""

    scenario: ScriptedScenario
    assistant: Assistant | None
    ambience: Clip | None
    hold_music: Clip
    speech: Speech
    sealer: Sealer
    prices: PriceTable


def look_around(settings: Settings) -> NamedFiles:
    """What the settings ask of this host, and the files they name. Blocks.

    Raises `ConfigError` with the faults of all of them.
    """
    faults = Faults()
    scenario = faults.of(load_scenario, settings.call.scenario)
    assistant = faults.of(load_assistant, settings.call.assistant)
    faults.of(check_host, settings)
    music = faults.of(load_hold_music, settings.media.hold_music)
    rules = outbound_rules(settings.outbound.private)
    ambience = faults.of(load_ambience, assistant, settings.media, rules)
    speech = faults.of(_speech, assistant, settings, rules)
    sealer = faults.of(load_sealer, settings.store)
    prices = faults.of(load_prices, settings.providers.prices)
    faults.tell()
    assert scenario is not None
    assert music is not None
    assert speech is not None
    assert sealer is not None
    assert prices is not None
    return NamedFiles(scenario, assistant, ambience, music, speech, sealer, prices)


def _speech(assistant: Assistant | None, settings: Settings, rules: OutboundRules) -> Speech:
    voice = None if assistant is None else assistant.voice
    recorded = load_first_message(assistant, settings.media, rules)
    return Speech(
        fixed_wordings(assistant, ai_disclosure=settings.call.ai_disclosure),
        recorded,
        1.0 if voice is None else voice.speed,
    )


def load_hold_music(path: str) -> Clip:
    """What callers hear while they wait: comfort noise without a path. Blocks; raises `ConfigError`."""
    if not path:
        return comfort_noise(Random(0))
    try:
        return load_clip(Path(path))
    except MediaError as error:
        raise ConfigError([Gap("RUNTIME_HOLD_MUSIC", error.detail, "/etc/aywa/hold.wav")]) from error
