"""What a runtime in production must have: one list, for the start, for readiness and for setting it up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aywa.errors import Gap
from aywa.settings.artifacts import artifact_gaps
from aywa.settings.outbound import VARIABLE as OUTBOUND
from aywa.settings.outbound import outbound_gaps
from aywa.settings.sharing import REDIS, REDIS_EXAMPLE
from aywa.settings.webhooks import SIGNING, webhook_gaps

if TYPE_CHECKING:
    from aywa.settings.whole import Settings

_MANY = 8  # different characters: a random key of 16 has more, a word that is repeated has not
_KEY_LENGTH = 24
_USUAL = frozenset(
    [
        "a",
        "admin",
        "and",
        "api",
        "aywa",
        "bytes",
        "change",
        "changeme",
        "default",
        "example",
        "for",
        "key",
        "me",
        "my",
        "of",
        "password",
        "phrase",
        "please",
        "postgres",
        "put",
        "redis",
        "runtime",
        "secret",
        "some",
        "store",
        "test",
        "the",
        "this",
        "to",
        "token",
        "with",
        "your",
    ]
)
_EXAMPLES = ("example.com", "example.org", "example.net", "example", "invalid", "test", "localhost", "local")
_RANDOM = "the output of `openssl rand -hex 32`"


class RequirementState(Enum):
    """Whether it is met."""

    OK = "ok"
    MISSING = "missing"
    INVALID = "invalid"  # it is set to what cannot be meant


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the list. `rule` and `example` say what is wanted and are no secrets."""

    id: str
    title: str
    variable: str
    state: RequirementState
    rule: str
    example: str = ""

    @property
    def gap(self) -> Gap | None:
        """As a fault of the settings; None when it is met."""
        if self.state is RequirementState.OK:
            return None
        return Gap(self.variable, self.rule, self.example)


def requirements(settings: Settings) -> list[Requirement]:
    """All of them, met or not, whatever the mode."""
    store, http = settings.store, settings.http
    return [
        _one(
            ("auth", "API key", "RUNTIME_API_KEY"),
            _judge(http.api_keys, _weak_key),
            f"must be set in production to random keys of at least {_KEY_LENGTH} characters",
            _RANDOM,
        ),
        _one(
            ("public-url", "Public HTTPS origin", "RUNTIME_PUBLIC_URL"),
            _judge([http.public_url], _bad_origin),
            "must be the public https origin in production, by the name that callbacks reach it by",
            "https://voice.your-company.com",
        ),
        _one(
            ("postgres", "PostgreSQL", "RUNTIME_STORE_POSTGRES_URL"),
            _judge([store.postgres_url], _usual_password),
            "must name a PostgreSQL database in production, not the embedded one, and no usual password",
            "postgresql://aywa:PASSWORD@db.internal/aywa_voice_runtime",
        ),
        _one(
            ("encryption", "Key that secrets are sealed with", "RUNTIME_STORE_ENCRYPTION_KEY"),
            _judge(store.encryption_keys[:1], _weak),
            "must be set in production to 32 random bytes in base64 or a long random phrase",
            "the output of `openssl rand -base64 32`",
        ),
        _one(
            ("redis", "Redis", REDIS),
            _judge([settings.sharing.redis_url], _usual_password),
            "must name a Redis in production, and no usual password",
            REDIS_EXAMPLE.replace("secret", "PASSWORD"),
        ),
        _of(
            "artifacts",
            "S3 bucket",
            "RUNTIME_ARTIFACT_S3_BUCKET",
            artifact_gaps(settings.artifacts),
            settings.artifacts.s3,
        ),
        _of(
            "webhook-signing",
            "Webhook signing",
            SIGNING,
            webhook_gaps(settings.webhooks),
            settings.webhooks.signing,
        ),
        _of("private-networks", "Private networks closed", OUTBOUND, outbound_gaps(settings.outbound), True),
    ]


def production_gaps(settings: Settings, known: frozenset[str] = frozenset()) -> list[Gap]:
    """What keeps these settings from running in production; empty in development.

    `known` names the variables that are already reported.
    """
    if not settings.production:
        return []
    gaps = [requirement.gap for requirement in requirements(settings)]
    return [gap for gap in gaps if gap is not None and gap.name not in known]


def _one(who: tuple[str, str, str], state: RequirementState, rule: str, example: str) -> Requirement:
    return Requirement(*who, state, rule, example)


def _of(id: str, title: str, variable: str, gaps: list[Gap], given: object) -> Requirement:
    """By what the slice itself says."""
    if not gaps:
        return Requirement(id, title, variable, RequirementState.OK, "is set")
    state = RequirementState.INVALID if given else RequirementState.MISSING
    return Requirement(id, title, gaps[0].name, state, gaps[0].rule, gaps[0].example)


def _judge(values: tuple[str, ...] | list[str], bad: Callable[[str], bool]) -> RequirementState:
    given = [value for value in values if value]
    if not given:
        return RequirementState.MISSING
    return RequirementState.INVALID if any(bad(value) for value in given) else RequirementState.OK


def _weak_key(text: str) -> bool:
    return len(text) < _KEY_LENGTH or _weak(text)


def _weak(text: str) -> bool:
    """Few characters, a piece that is repeated, or words that stand in examples."""
    repeated = any(text == text[:size] * (len(text) // size) for size in range(1, len(text) // 2 + 1))
    words = re.findall(r"[a-z]+", text.lower())
    return len(set(text)) < _MANY or repeated or (bool(words) and all(word in _USUAL for word in words))


def _bad_origin(text: str) -> bool:
    url = urlsplit(text)
    host = url.hostname or ""
    if url.scheme != "https" or not host:
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        pass
    return "." not in host or any(host == name or host.endswith(f".{name}") for name in _EXAMPLES)


def _usual_password(url: str) -> bool:
    """No password is no fault: there are certificates, sockets and roles."""
    password = unquote(urlsplit(url).password or "")
    return bool(password) and (_weak(password) or len(password) < _MANY)
