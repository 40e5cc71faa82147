"""Who is told what happens in calls, where an assistant names nobody, and what messages are signed with."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field

from aywa.errors import Gap
from aywa.settings.reader import EnvironmentReader, parts

SIGNING = "WEBHOOK_SIGNING_SECRET"
_SIGNING_EXAMPLE = "the output of `echo whsec_$(openssl rand -base64 32)`"
_USUAL = frozenset({"change", "changeme", "default", "example", "secret", "signing", "test", "webhook"})
_LEAST_BYTES = 24  # Standard Webhooks


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """`url`: of the account's server. `secret`: shown to it as older receivers expect. `signing`: secrets."""

    url: str = ""
    secret: str = field(default="", repr=False)
    signing: tuple[str, ...] = field(default=(), repr=False)
    keep_days: float = 7.0  # delivered messages; dead ones stay a month


_DEFAULTS = WebhookSettings()


def read_webhooks(env: EnvironmentReader) -> WebhookSettings:
    """The settings of this slice; faults go to the reader."""
    return WebhookSettings(
        url=env.read(
            "RUNTIME_WEBHOOK_URL",
            _web_url,
            "",
            "must be an http or https URL without credentials",
            "https://crm.example.com/calls",
        ),
        secret=env.read(
            "RUNTIME_WEBHOOK_SECRET",
            _printable,
            "",
            "must be 1 to 1000 printable characters without blanks",
            "the output of `openssl rand -hex 32`",
        ),
        signing=env.read(
            SIGNING,
            lambda text: tuple(_signing(part) for part in parts(text)),
            (),
            "must be whsec_ and base64, or any other text; two with a comma between while it is changed",
            _SIGNING_EXAMPLE,
        ),
        keep_days=env.number("RUNTIME_WEBHOOK_KEEP_DAYS", _DEFAULTS.keep_days, 0.01, 3650),
    )


def webhook_gaps(settings: WebhookSettings) -> list[Gap]:
    """What production does not do without: messages that nobody can forge."""
    if not settings.signing:
        return [Gap(SIGNING, "must be set in production", _SIGNING_EXAMPLE)]
    if any(_is_weak(secret) for secret in settings.signing):
        rule = f"must be {_LEAST_BYTES} random bytes or more in production, and none of the usual words"
        return [Gap(SIGNING, rule, _SIGNING_EXAMPLE)]
    return []


def _is_weak(secret: str) -> bool:
    if secret.startswith("whsec_"):
        return len(_decoded(secret)) < _LEAST_BYTES
    words = secret.lower().replace("_", "-").split("-")
    return len(secret) < _LEAST_BYTES or all(word in _USUAL for word in words) or len(set(secret)) < 8


def _signing(text: str) -> str:
    """Raises ValueError."""
    if text.startswith("whsec_") and not _decoded(text):
        raise ValueError
    return text


def _decoded(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except Base64Error as error:
        raise ValueError from error


def _printable(text: str) -> str:
    if len(text) > 1000 or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError
    return text


def _web_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    host = rest.partition("/")[0]
    if (
        scheme.lower() not in ("http", "https")
        or not separator
        or not host
        or "@" in host
        or len(text) > 4096
    ):
        raise ValueError
    return text
