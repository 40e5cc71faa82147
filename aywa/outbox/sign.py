"""Signs a message: Standard Webhooks, and what an assistant's server asks for besides. Pure."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence

from aywa.model.server import BearerAuthentication, HmacAuthentication
from aywa.outbox.targets import Target
from aywa.proto.web_headers import operator_headers

PREFIX = "whsec_"
LEGACY_HEADER = "X-Vapi-Secret"  # what receivers check that were written for another platform


def key_of(secret: str) -> bytes:
    """The bytes that sign: of `whsec_…` what the base64 means, of anything else its UTF-8.

    Raises ValueError for base64 that is none.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        text = secret.removeprefix(PREFIX)
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except Base64Error as error:
        raise ValueError("no base64") from error
    if not key:
        raise ValueError("no key")
    return key


def standard_headers(keys: Sequence[bytes], message_id: str, at_s: int, body: bytes) -> list[tuple[str, str]]:
    """The fields of Standard Webhooks: the receiver takes a message that any of the keys has signed."""
    signed = b"%s.%d.%s" % (message_id.encode(), at_s, body)
    marks = [f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys]
    fields = [("webhook-id", message_id), ("webhook-timestamp", str(at_s))]
    return [*fields, ("webhook-signature", " ".join(marks))] if marks else fields


def request_headers(
    target: Target, plan: object, keys: Sequence[bytes], message_id: str, at_s: int, body: bytes
) -> list[tuple[str, str]]:
    """Each field once: the operator's own stand before those of the plan, none before the signature.

    `plan`: what authenticates, a token in place of what it is asked for with.
    """
    fields = standard_headers(target.keys or keys, message_id, at_s, body)
    fields.append(("Content-Type", "application/json"))
    own = operator_headers(target.headers)
    if target.secret is not None:
        own.append((LEGACY_HEADER, target.secret))
    own += authentication_headers(plan, message_id, at_s, body, target.url)
    taken = {name.lower() for name, _ in fields}
    for name, value in own:
        if name.lower() not in taken:
            taken.add(name.lower())
            fields.append((name, value))
    return fields


def authentication_headers(
    plan: object, message_id: str, at_s: int, body: bytes, url: str
) -> list[tuple[str, str]]:
    """What the plan of a server asks for."""
    match plan:
        case BearerAuthentication():
            token = f"Bearer {plan.token}" if plan.bearer_prefix_enabled else plan.token
            return [(plan.header_name, token)]
        case HmacAuthentication():
            return _hmac(plan, message_id, at_s, body, url)
        case _:
            return []


def _hmac(
    plan: HmacAuthentication, message_id: str, at_s: int, body: bytes, url: str
) -> list[tuple[str, str]]:
    filled = {
        b"timestamp": b"%d" % at_s,
        b"method": b"POST",
        b"url": url.encode(),
        b"svix-id": message_id.encode(),
    }
    # Around the body first: what it says must not be filled in.
    pieces = plan.payload_format.encode().split(b"{body}")
    for name, value in filled.items():
        pieces = [piece.replace(b"{%s}" % name, value) for piece in pieces]
    try:
        key = b64decode(plan.secret_key, validate=True) if plan.secret_is_base64 else plan.secret_key.encode()
    except Base64Error:
        key = plan.secret_key.encode()
    digest = hmac.digest(key, body.join(pieces), plan.algorithm)
    text = digest.hex() if plan.signature_encoding == "hex" else b64encode(digest).decode()
    fields = [(plan.signature_header, plan.signature_prefix + text)]
    if plan.include_timestamp:
        fields.append((plan.timestamp_header, str(at_s)))
    if plan.message_id_header is not None:
        fields.append((plan.message_id_header, message_id))
    return fields
