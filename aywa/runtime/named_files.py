"""The files that the settings name, read before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from aywa.errors import ConfigError, Gap, MediaError
from aywa.media.clip import Clip, comfort_noise, load_clip
from aywa.model.assistant import Assistant
from aywa.runtime.assistant import fixed_wordings, load_assistant
from aywa.runtime.preflight import check_host
from aywa.runtime.sounds import load_ambience
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
    fixed: tuple[str, ...]
    sealer: Sealer


def look_around(settings: Settings) -> NamedFiles:
    """What the settings ask of this host, and the files they name. Blocks; raises `ConfigError`."""
    scenario = load_scenario(settings.call.scenario)
    assistant = load_assistant(settings.call.assistant)
    check_host(settings)
    music = load_hold_music(settings.media.hold_music)
    ambience = load_ambience(assistant, settings.media)
    sealer = load_sealer(settings.store)
    return NamedFiles(scenario, assistant, ambience, music, fixed_wordings(assistant), sealer)


def load_hold_music(path: str) -> Clip:
    """What callers hear while they wait: comfort noise without a path. Blocks; raises `ConfigError`."""
    if not path:
        return comfort_noise(Random(0))
    try:
        return load_clip(Path(path))
    except MediaError as error:
        raise ConfigError([Gap("RUNTIME_HOLD_MUSIC", error.detail, "/etc/aywa/hold.wav")]) from error
