"""`artifactPlan.recordingFormat`: what it takes, and what is recorded for it."""

from __future__ import annotations

import pytest

from aywa.call.plan import recorded_as
from aywa.model.assistant import Assistant, parse_assistant
from aywa.ports.artifacts import ArtifactFormat
from tests.kit.fake_store import FakeRecordings


@pytest.mark.parametrize(
    ("plan", "becomes"),
    [
        ('{"recordingFormat": "wav"}', ArtifactFormat.WAV),
        ('{"recordingFormat": "wav;l16"}', ArtifactFormat.WAV),
        ('{"recordingFormat": "opus"}', ArtifactFormat.OPUS),
        ("{}", ArtifactFormat.WAV),
    ],
)
def test_the_format_reaches_the_recording(plan: str, becomes: ArtifactFormat) -> None:
    assistant, gaps = parse_assistant(f'{{"artifactPlan": {plan}}}', "FILE")
    assert gaps == []
    recordings = FakeRecordings()
    recorded_as(assistant, recordings)
    assert recordings.becomes is becomes
    assert recorded_as(Assistant(), recordings) is recordings
    assert recorded_as(None, recordings) is recordings


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        ('{"recordingFormat": "mp3"}', "must be 'wav', 'wav;l16' or 'opus'"),
        ('{"recordingPath": "s3://x"}', "does nothing in this version yet: leave it out"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(plan: str, rule: str) -> None:
    assistant, (gap,) = parse_assistant(f'{{"artifactPlan": {plan}}}', "FILE")
    assert assistant is None
    assert gap.name.startswith("FILE.artifactPlan.")
    assert gap.rule == rule
