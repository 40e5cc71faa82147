"""What sounds behind a conversation: made, read or fetched, and never loud."""

from __future__ import annotations

import wave
from array import array
from pathlib import Path

import pytest
import trio

from aywa._native.background import BackgroundMixer
from aywa.errors import ConfigError
from aywa.media.clip import Clip
from aywa.media.office import LEVEL
from aywa.model.assistant import Assistant
from aywa.runtime.sounds import load_ambience, load_first_message
from aywa.settings import MediaSettings

MEDIA = MediaSettings()


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    """A second of half of full scale."""
    path = tmp_path / "rain.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\x40" * 8000)
    return path


def level(sound: Clip | None) -> float:
    assert sound is not None
    mixer = BackgroundMixer()
    mixer.play(sound.at(8000))
    return max(array("h", mixer.add(bytes(8000)))) / 32768


def test_nothing_and_an_office() -> None:
    assert load_ambience(None, MEDIA) is None
    assert load_ambience(Assistant(), MEDIA) is None
    assert load_ambience(Assistant(background_sound="off"), MEDIA) is None
    office = load_ambience(Assistant(background_sound="office"), MEDIA)
    assert office is not None
    assert office.name == "office"


def test_a_file_is_turned_down(loud: Path) -> None:
    assert 0.9 < level(load_ambience(Assistant(background_sound=str(loud)), MEDIA)) / LEVEL < 1.1


async def test_a_url_follows_the_rules_of_music_on_hold(loud: Path) -> None:
    assistant = Assistant(background_sound=loud.as_uri())
    media = MediaSettings(hold_audio_dir=str(loud.parent))
    sound = await trio.to_thread.run_sync(load_ambience, assistant, media)
    assert 0.9 < level(sound) / LEVEL < 1.1
    with pytest.raises(ConfigError, match="no files are read here"):
        await trio.to_thread.run_sync(load_ambience, assistant, MEDIA)
    away = Assistant(background_sound="https://example.com/rain.wav")
    with pytest.raises(ConfigError, match="no URLs are fetched here"):
        await trio.to_thread.run_sync(load_ambience, away, MediaSettings(hold_audio="off"))


async def test_a_first_message_is_fetched_by_the_same_rules(loud: Path) -> None:
    assistant = Assistant(first_message=loud.as_uri(), first_message_transcript="Hello.")
    media = MediaSettings(hold_audio_dir=str(loud.parent))
    recorded = await trio.to_thread.run_sync(load_first_message, assistant, media)
    assert list(recorded) == ["Hello."]
    assert set(array("h", recorded["Hello."])[1000:7000]) == {0x4000}
    assert await trio.to_thread.run_sync(load_first_message, Assistant(first_message="Hello."), media) == {}
    with pytest.raises(ConfigError, match=r"RUNTIME_ASSISTANT\.firstMessage: no files are read here"):
        await trio.to_thread.run_sync(load_first_message, assistant, MEDIA)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"RUNTIME_ASSISTANT\.backgroundSound: .*cannot be read"):
        load_ambience(Assistant(background_sound=str(tmp_path / "missing.wav")), MEDIA)
