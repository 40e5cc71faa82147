"""A telephone number or SIP address that calls come in by, and what answers them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from aywa.model.base import Plan
from aywa.model.server_body import Secret, ServerBody, WebUrl

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SIP = re.compile(r"^[sS][iI][pP][sS]?:[A-Za-z0-9_.!~*'()&=+$,/%-]{1,100}@[A-Za-z0-9.:\[\]-]{1,253}$")
_SEPARATORS = re.compile(r"[\s().\-/]")
_LONG = 9  # digits, from which 00 before a number stands for its +


class _PhoneNumber(Plan):
    """What every provider's number has.

    Without an assistant its server is asked for one, and without a server the runtime's own answers.
    """

    name: str = Field("", max_length=40)
    assistant_id: UUID | None = None
    server: ServerBody | None = None
    server_url: WebUrl | None = None  # before there was that object
    server_url_secret: Secret | None = None
    fallback_destination: dict[str, Any] | None = None
    hooks: tuple[dict[str, Any], ...] = Field((), max_length=100)
    metadata: dict[str, Any] | None = None


_OFF: JsonDict = {"numberE164CheckEnabled": {"const": False}}
_UNCHECKED: JsonDict = {"properties": _OFF, "required": [*_OFF]}
_CHECKED: JsonDict = {"properties": {"number": {"pattern": r"^\+[1-9][0-9]{6,14}$"}}}


class _Numbered(_PhoneNumber):
    model_config = ConfigDict(json_schema_extra={"anyOf": [_UNCHECKED, _CHECKED]})

    number: str = Field(min_length=1, max_length=40, pattern=r"^[+0-9A-Za-z*#_][+0-9A-Za-z*#_ ().\-]*$")
    number_e164_check_enabled: bool = True

    @model_validator(mode="after")
    def _dialled(self) -> _Numbered:
        plain = _SEPARATORS.sub("", self.number)
        if self.number_e164_check_enabled and _E164.fullmatch(plain) is None:
            raise ValueError("number: must be in E.164, such as +493012345678, or have its check disabled")
        return self

    @property
    def dialled(self) -> str:
        """See `dialled_key`."""
        return dialled_key(self.number)


class ByoPhoneNumber(_Numbered):
    """A number of one's own, on a trunk of the runtime's."""

    provider: Literal["byo-phone-number"]
    credential_id: UUID | None = None


class TwilioPhoneNumber(_Numbered):
    """A number at Twilio."""

    provider: Literal["twilio"]
    twilio_account_sid: str = Field(min_length=1, max_length=100)
    twilio_auth_token: Secret | None = None
    twilio_api_key: Secret | None = None
    twilio_api_secret: Secret | None = None
    sms_enabled: bool = True


class CarrierPhoneNumber(_Numbered):
    """A number at Telnyx or Vonage."""

    provider: Literal["telnyx", "vonage"]
    credential_id: UUID


class SipAuthentication(Plan):
    """With which a caller of a SIP address must show himself."""

    realm: str = Field("", max_length=200)
    username: str = Field(min_length=20, max_length=40)
    password: Annotated[Secret, Field(min_length=20, max_length=40)]


class SipPhoneNumber(_PhoneNumber):
    """A SIP address; calls to its user part are answered, whatever host they name."""

    provider: Literal["vapi"]
    sip_uri: str = Field(min_length=6, max_length=360, json_schema_extra={"pattern": _SIP.pattern})
    authentication: SipAuthentication | None = None

    @model_validator(mode="after")
    def _one_address(self) -> SipPhoneNumber:
        if _SIP.fullmatch(self.sip_uri) is None:
            raise ValueError("sipUri: must be of the form sip:user@host")
        return self

    @property
    def dialled(self) -> str:
        """See `dialled_key`."""
        return dialled_key(self.sip_uri.partition(":")[2].partition("@")[0])


PhoneNumber: TypeAlias = Annotated[
    ByoPhoneNumber | TwilioPhoneNumber | CarrierPhoneNumber | SipPhoneNumber, Field(discriminator="provider")
]


def dialled_key(user: str) -> str:
    """By which a called address is found: one spelling for `+49 30 1`, `0049301` and `49301`.

    Names are compared without regard to case; a short number such as `007` is left as it is.
    """
    plain = _SEPARATORS.sub("", user).lower()
    if plain.startswith("+"):
        return plain[1:]
    if plain.startswith("00") and plain.isdigit() and len(plain) >= _LONG:
        return plain[2:]
    return plain
