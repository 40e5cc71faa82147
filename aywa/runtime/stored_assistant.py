"""Assistants as they are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from aywa.log import get_logger
from aywa.model.assistant_body import AssistantBody
from aywa.model.secret_parts import fill
from aywa.ports.resources import ResourceRow
from aywa.settings.vendors import CUSTOM_VOICE, SCRIPTED
from aywa.store.sealing import SealedRow, Sealer

_MODEL = ("messages", "systemPrompt", "tools", "toolIds", "knowledgeBase", "temperature")
_VOICE = ("language", "cachingEnabled", "speed", "chunkPlan")
_log = get_logger("runtime.stored_assistant")


def read_assistant(row: ResourceRow, sealer: Sealer) -> AssistantBody | None:
    """With its secrets; None, and a line in the log, when this version cannot read it.

    Raises `StoreError` when a secret does not open.
    """
    body = fill(row.body, sealer.open(SealedRow(row.org_id, row.kind.value, row.id), row.sealed))
    for older in (False, True):
        try:
            said = _as_before(body) if older else body
            assistant = AssistantBody.model_validate_json(json.dumps(said), strict=True)
        except ValidationError:
            continue
        if older:
            _log.warning("an assistant's providers are as they were never meant", assistant_id=str(row.id))
        return assistant
    _log.warning("an assistant cannot be read by this version", assistant_id=str(row.id))
    return None


def _as_before(body: Mapping[str, Any]) -> dict[str, Any]:
    """Of an assistant that was kept when providers did nothing: what comes with the runtime, as then."""
    said = dict(body)
    said.pop("transcriber", None)
    model, voice = said.get("model"), said.get("voice")
    if isinstance(model, Mapping):
        said["model"] = {name: model[name] for name in _MODEL if name in model} | {"provider": SCRIPTED}
    if isinstance(voice, Mapping) and voice.get("provider") != CUSTOM_VOICE:
        said["voice"] = {name: voice[name] for name in _VOICE if name in voice}
    return said
