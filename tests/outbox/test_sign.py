"""Signatures: by the reference library of Standard Webhooks, and by plain HMAC."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from aywa.model.server import BearerAuthentication, HmacAuthentication
from aywa.outbox.sign import authentication_headers, key_of, standard_headers

BODY = b'{"message":{"type":"status-update"}}'
URL = "https://a.example/hook"


def now_s() -> int:
    return int(datetime.now(UTC).timestamp())


@given(st.binary(min_size=1, max_size=64), st.text(st.characters(codec="utf-8"), max_size=50))
def test_the_reference_library_takes_it(key: bytes, text: str) -> None:
    secret = "whsec_" + b64encode(key).decode()
    body = ('"' + text.replace("\\", "").replace('"', "") + '"').encode()
    assert key_of(secret) == key
    headers = dict(standard_headers([key_of(secret)], "msg_1", now_s(), body))
    signature = headers.pop("webhook-signature")
    expected = Webhook(secret).sign(
        "msg_1", datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC), body.decode()
    )
    assert signature == expected


def test_it_verifies_and_a_change_does_not() -> None:
    secret = "whsec_" + b64encode(b"k" * 24).decode()
    headers = dict(standard_headers([key_of(secret)], "msg_1", now_s(), BODY))
    assert Webhook(secret).verify(BODY, headers)
    for changed in (BODY + b" ", BODY.replace(b"status", b"Status")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**headers, "webhook-id": "msg_2"})


def test_during_a_rotation_either_secret_verifies() -> None:
    secrets = ["whsec_" + b64encode(key * 24).decode() for key in (b"a", b"b")]
    headers = dict(standard_headers([key_of(secret) for secret in secrets], "msg_1", now_s(), BODY))
    for secret in secrets:
        assert Webhook(secret).verify(BODY, headers)


def test_a_secret_of_any_other_form_is_its_bytes() -> None:
    assert key_of("a long random secret") == b"a long random secret"
    for broken in ("whsec_", "whsec_***", "whsec_\u00e9"):
        with pytest.raises(ValueError):
            key_of(broken)
    assert "webhook-signature" not in dict(standard_headers([], "msg_1", 1, BODY))


def test_bearer_tokens() -> None:
    plan = BearerAuthentication(type="bearer", token="t0ken")
    assert authentication_headers(plan, "m", 1, BODY, URL) == [("Authorization", "Bearer t0ken")]
    bare = BearerAuthentication(
        type="bearer", token="t0ken", header_name="X-Key", bearer_prefix_enabled=False
    )
    assert authentication_headers(bare, "m", 1, BODY, URL) == [("X-Key", "t0ken")]
    assert authentication_headers(None, "m", 1, BODY, URL) == []


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1"])
def test_hmac_over_the_usual_payload(algorithm: str) -> None:
    plan = HmacAuthentication.model_validate({"type": "hmac", "secretKey": "s", "algorithm": algorithm})
    headers = dict(authentication_headers(plan, "m", 1700000000, BODY, URL))
    expected = hmac.new(b"s", b"1700000000." + BODY, getattr(hashlib, algorithm)).hexdigest()
    assert headers == {"x-signature": expected, "x-timestamp": "1700000000"}


def test_hmac_over_a_payload_of_its_own() -> None:
    body = b'{"x":"{url}{body}{timestamp}"}'
    plan = HmacAuthentication.model_validate(
        {
            "type": "hmac",
            "secretKey": "c2VjcmV0",
            "secretIsBase64": True,
            "signaturePrefix": "sha256=",
            "payloadFormat": "{method} {url} {svix-id} {timestamp} {body}",
            "signatureEncoding": "base64",
            "includeTimestamp": False,
            "messageIdHeader": "x-id",
            "signatureHeader": "x-sig",
        }
    )
    headers = dict(authentication_headers(plan, "msg_7", 5, body, URL))
    signed = b"POST https://a.example/hook msg_7 5 " + body
    assert headers["x-sig"] == "sha256=" + b64encode(hmac.new(b"secret", signed, "sha256").digest()).decode()
    assert headers["x-id"] == "msg_7"


def test_an_hmac_plan_can_be_standard_webhooks() -> None:
    plan = HmacAuthentication.model_validate(
        {
            "type": "hmac",
            "secretKey": b64encode(b"k" * 24).decode(),
            "secretIsBase64": True,
            "payloadFormat": "{svix-id}.{timestamp}.{body}",
            "signatureEncoding": "base64",
            "signaturePrefix": "v1,",
            "signatureHeader": "webhook-signature",
            "timestampHeader": "webhook-timestamp",
            "messageIdHeader": "webhook-id",
        }
    )
    headers = dict(authentication_headers(plan, "msg_1", 1, BODY, URL))
    assert headers == dict(standard_headers([b"k" * 24], "msg_1", 1, BODY))


def test_secrets_are_not_shown() -> None:
    plan = HmacAuthentication(type="hmac", secret_key="hidden")
    assert "hidden" not in repr(plan)
