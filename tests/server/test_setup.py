"""The checklist, the runbooks, and what both may not say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from aywa.settings import Settings, requirements
from aywa_server import cli
from aywa_server.app import create_app
from aywa_server.metrics import Metrics
from aywa_server.runbooks import runbooks
from scripts.settings_table import MEANINGS
from tests.kit.api_parts import AUTH, make_parts

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "RUNTIME_API_KEY": "change-me-hunter2-hunter2",
    "RUNTIME_STORE_POSTGRES_URL": "postgresql://aywa:hunter2@db.internal/aywa",
    "REDIS_URL": "redis://:hunter2@redis.internal:6379/0",
}


async def test_the_checklist_says_what_is_open_and_no_values() -> None:
    parts = replace(make_parts(), requirements=requirements(Settings.from_env(SECRETS)))
    client = create_app(parts).test_client()
    assert (await client.get("/setup/requirements")).status_code == 401
    answer = await client.get("/setup/requirements", headers=AUTH)
    told = await answer.get_json()
    assert (told["mode"], told["complete"]) == ("development", False)
    states = {each["id"]: each["state"] for each in told["requirements"]}
    assert states == {
        "auth": "ok",
        "public-url": "missing",
        "postgres": "invalid",
        "encryption": "missing",
        "redis": "invalid",
        "artifacts": "missing",
        "webhook-signing": "missing",
        "private-networks": "ok",
    }
    for each in told["requirements"]:
        assert ("fix" in each) is (each["state"] != "ok")
        assert each["variable"] in MEANINGS
    assert "hunter2" not in json.dumps(told)


async def test_a_complete_one_says_so() -> None:
    met = [replace(each, state=type(each.state).OK) for each in requirements(Settings())]
    parts = replace(make_parts(), requirements=met, production=True)
    answer = await create_app(parts).test_client().get("/setup/requirements", headers=AUTH)
    told = await answer.get_json()
    assert (told["mode"], told["complete"]) == ("production", True)


async def test_runbooks_are_whole_and_name_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(make_parts()).test_client()
    answer = await client.get("/runbooks", headers=AUTH)
    told = await answer.get_json()
    assert [each["id"] for each in told] == [runbook.id for runbook in runbooks()]
    assert len({each["id"] for each in told}) == len(told) >= 10
    text = json.dumps(told)
    assert set(re.findall(r"\b(?:RUNTIME|WEBHOOK)_[A-Z0-9_]+\b", text)) <= set(MEANINGS)
    verbs = set(re.findall(r"\baywa ([a-z]+)\b", text))
    assert verbs <= set(cli._VERBS)
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    known = operations + Metrics().render().decode()
    for metric in set(re.findall(r"\baywa_[a-z_]+\b", text)):
        assert metric in known, metric
    for runbook in runbooks():
        assert f"`{runbook.id}`" in operations, "docs/operations.md lists it"


async def test_a_database_that_is_away_does_not_matter_to_them() -> None:
    parts = make_parts()
    parts.store.broken = True  # type: ignore[attr-defined]
    client = create_app(parts).test_client()
    for path in ("/runbooks", "/setup/requirements"):
        assert (await client.get(path, headers=AUTH)).status_code == 200
