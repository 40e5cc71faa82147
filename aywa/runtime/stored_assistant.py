"""Assistants as they are kept."""

from __future__ import annotations

import json

from pydantic import ValidationError

from aywa.log import get_logger
from aywa.model.assistant_body import AssistantBody
from aywa.model.secret_parts import fill
from aywa.ports.resources import ResourceRow
from aywa.store.sealing import SealedRow, Sealer

_log = get_logger("runtime.stored_assistant")


def read_assistant(row: ResourceRow, sealer: Sealer) -> AssistantBody | None:
    """With its secrets; None, and a line in the log, when this version cannot read it.

    Raises `StoreError` when a secret does not open.
    """
    body = fill(row.body, sealer.open(SealedRow(row.org_id, row.kind.value, row.id), row.sealed))
    try:
        return AssistantBody.model_validate_json(json.dumps(body), strict=True)
    except ValidationError:
        _log.warning("an assistant cannot be read by this version", assistant_id=str(row.id))
        return None
