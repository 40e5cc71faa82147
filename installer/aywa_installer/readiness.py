"""What a runtime answers on `/readyz`, read without its code."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_MAX_ANSWER_BYTES = 1 << 20  # a readiness report is a few kilobytes; anything else is not one


class NotARuntimeError(Exception):
    """Nothing answered as a runtime does. The message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency of the runtime: its name, whether it is ready, and what the runtime says of it."""

    name: str
    ready: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The whole answer."""

    ready: bool
    checks: tuple[Check, ...]
    raw: Mapping[str, object]


def ask(url: str, *, timeout_s: float = 5.0) -> Readiness:
    """Read `/readyz` of the runtime at this origin. Raises `NotARuntimeError`.

    A runtime that is not ready answers 503 with the same body; both are an answer.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotARuntimeError(f"{url} is not an http or https address, for example http://127.0.0.1:8080")
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/readyz", timeout=timeout_s) as answer:
            body = answer.read(_MAX_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise NotARuntimeError(
                f"{url} answered {error.code} to /readyz, so it is no Aywa runtime"
            ) from error
        body = error.read(_MAX_ANSWER_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NotARuntimeError(
            f"no runtime answers at {url} ({reason}): is aywa-media running there?"
        ) from error
    return parse_readiness(url, body)


def parse_readiness(url: str, body: bytes) -> Readiness:
    """The report in an answer's body. Raises `NotARuntimeError`."""
    try:
        tree = json.loads(body)
    except ValueError as error:
        raise NotARuntimeError(f"{url} answered /readyz with something else than JSON") from error
    if not isinstance(tree, dict) or "status" not in tree:
        raise NotARuntimeError(f"{url} answered /readyz without a status, so it is no Aywa runtime")
    return Readiness(tree["status"] == "ready", tuple(_checks(tree.get("checks"))), tree)


def _checks(checks: object) -> Iterator[Check]:
    if isinstance(checks, dict):
        for name, told in checks.items():
            if isinstance(told, dict):
                yield Check(str(name), _is_ready(told), str(told.get("detail") or ""))
            else:
                yield Check(str(name), told is True or told in ("ok", "ready"))
    elif isinstance(checks, list):
        for told in checks:
            if isinstance(told, dict):
                yield Check(str(told.get("name", "?")), _is_ready(told), str(told.get("detail") or ""))


def _is_ready(told: Mapping[str, object]) -> bool:
    return told.get("ready") is True or told.get("ok") is True or told.get("status") in ("ok", "ready")
