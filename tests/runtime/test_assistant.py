"""The file that RUNTIME_ASSISTANT names."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from aywa.errors import ConfigError
from aywa.model.assistant import Assistant
from aywa.model.voice_plan import Voice
from aywa.runtime.assistant import fixed_wordings, load_assistant
from aywa.runtime.faults import read_settings
from aywa.runtime.named_files import look_around
from aywa.settings import CallSettings, MediaSettings, RecordCalls, Settings


def test_no_path_is_no_assistant() -> None:
    assert Settings.from_env({}).call.assistant == ""
    assert load_assistant("") is None


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "assistant.json"
    path.write_text('{"name": "Desk"}', encoding="utf-8")
    assert load_assistant(Settings.from_env({"RUNTIME_ASSISTANT": str(path)}).call.assistant) == Assistant(
        name="Desk"
    )


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "assistant.json"
    path.write_text('{"maxDurationSeconds": 5, "colour": "red"}', encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        load_assistant(str(path))
    assert [gap.name for gap in refusal.value.gaps] == [
        "RUNTIME_ASSISTANT.maxDurationSeconds",
        "RUNTIME_ASSISTANT.colour",
    ]


def test_the_faults_of_the_file_stand_beside_those_of_the_variables(tmp_path: Path) -> None:
    path = tmp_path / "assistant.json"
    path.write_text('{"colour": "red"}', encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        read_settings({"RUNTIME_SIP_PORT": "none", "RUNTIME_ASSISTANT": f" {path}"})
    assert [gap.name for gap in refusal.value.gaps] == ["RUNTIME_SIP_PORT", "RUNTIME_ASSISTANT.colour"]
    assert read_settings({}).call.assistant == ""


async def test_all_that_is_wrong_with_the_named_files_is_told_at_once(tmp_path: Path) -> None:
    plan = tmp_path / "assistant.json"
    plan.write_text('{"backgroundSound": "/no/such.wav", "firstMessage": "file:///no/such.wav"}')
    settings = Settings(
        call=CallSettings(scenario="nobody", assistant=str(plan), record=RecordCalls.NONE),
        media=MediaSettings(hold_music=str(tmp_path / "missing.wav")),
    )
    with pytest.raises(ConfigError) as refusal:
        await trio.to_thread.run_sync(look_around, settings)
    assert [gap.name for gap in refusal.value.gaps if "PORT" not in gap.name] == [
        "RUNTIME_SCENARIO",
        "RUNTIME_HOLD_MUSIC",
        "RUNTIME_ASSISTANT.backgroundSound",
        "RUNTIME_ASSISTANT.firstMessage",
    ]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_assistant(str(tmp_path / "missing.json"))
    (tmp_path / "long.json").write_bytes(b" " * (1 << 20) + b"{}")
    with pytest.raises(ConfigError, match="longer than"):
        load_assistant(str(tmp_path / "long.json"))


def test_what_is_the_same_in_every_call_is_known_before_the_first() -> None:
    text = "Harbour Hotel, good morning. It is $5."
    wordings = fixed_wordings(Assistant(first_message=text, end_call_message="Thank you."))
    assert wordings[:3] == ("Harbour Hotel, good morning.", "It is five dollars.", "Thank you.")
    assert "Are you still there?" in wordings
    recorded = fixed_wordings(Assistant(first_message="https://example.com/a.wav"))
    assert not any("record" in phrase for phrase in recorded)
    assert fixed_wordings(Assistant(voice=Voice(caching_enabled=False))) == ()
    assert "One moment, please." in fixed_wordings(None)
