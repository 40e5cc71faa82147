"""Who is told what happens in calls, and what messages are signed with."""

from __future__ import annotations

from base64 import b64encode

import pytest

from aywa.errors import ConfigError
from aywa.settings import Settings, WebhookSettings
from tests.settings.test_from_env import PRODUCTION

STRONG = "whsec_" + b64encode(bytes(range(32))).decode()


def gaps_of(**given: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(given)
    return [gap.name for gap in caught.value.gaps]


def test_nobody_is_told_unless_somebody_is_named() -> None:
    assert Settings.from_env({}).webhooks == WebhookSettings()


def test_what_can_be_said() -> None:
    given = {
        "RUNTIME_WEBHOOK_URL": "https://crm.example.com/calls?key=1",
        "RUNTIME_WEBHOOK_SECRET": "shown",
        "WEBHOOK_SIGNING_SECRET": f"{STRONG}, an older secret that still verifies",
        "RUNTIME_WEBHOOK_KEEP_DAYS": "2.5",
    }
    settings = Settings.from_env(given).webhooks
    assert settings.url == "https://crm.example.com/calls?key=1"
    assert settings.signing == (STRONG, "an older secret that still verifies")
    assert settings.keep_days == 2.5
    assert "shown" not in repr(settings)
    assert STRONG not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("RUNTIME_WEBHOOK_URL", url) for url in ("crm", "ftp://crm/", "https://", "https://u:p@crm/")),
        *(("RUNTIME_WEBHOOK_SECRET", secret) for secret in ("two words", "\u00fc", "x" * 1001)),
        *(("WEBHOOK_SIGNING_SECRET", secret) for secret in ("whsec_", "whsec_?", f"{STRONG},whsec_?")),
        ("RUNTIME_WEBHOOK_KEEP_DAYS", "0"),
    ],
)
def test_what_cannot(name: str, value: str) -> None:
    assert gaps_of(**{name: value}) == [name]


@pytest.mark.parametrize(
    "secret",
    [
        *(
            "changeme",
            "webhook-signing-secret-default-change",
            "a" * 40,
            "whsec_" + b64encode(b"short").decode(),
        ),
        f"{STRONG},secret",
    ],
)
def test_production_wants_a_secret_that_is_one(secret: str) -> None:
    assert Settings.from_env({"WEBHOOK_SIGNING_SECRET": secret}).webhooks.signing
    assert gaps_of(**(PRODUCTION | {"WEBHOOK_SIGNING_SECRET": secret})) == ["WEBHOOK_SIGNING_SECRET"]


def test_production_takes_a_strong_one() -> None:
    assert Settings.from_env(PRODUCTION | {"WEBHOOK_SIGNING_SECRET": STRONG}).webhooks.signing == (STRONG,)
