"""Whom the calls of a test tell of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

from aywa.call.news_plan import Listener, NewsPlan
from aywa.model.server import DEFAULT_MESSAGES
from aywa.ports.outbox import WebhookJob

AT = datetime(2026, 5, 31, tzinfo=UTC)


def news_plan(*messages: str, endpoint: str = "https://a.example/hook") -> NewsPlan:
    """Tells of everything, or of these types."""
    listener = Listener("account", endpoint, frozenset(messages or DEFAULT_MESSAGES))
    return NewsPlan((listener,), Random(3), lambda: AT, assistant={"name": "Ada"})


def told(jobs: Iterable[WebhookJob]) -> list[dict[str, Any]]:
    """What the messages say, in the order of their numbers."""
    return [json.loads(job.body)["message"] for job in sorted(jobs, key=lambda job: job.seq)]
