"""From the body of `POST /call` to an order: each fault names its field and its rule."""

from __future__ import annotations

from pydantic import ValidationError

from aywa.answering.plan import parse_plan
from aywa.call.dial_request import DialRequest
from aywa.call.outbound import CallOrder
from aywa.dialling.numbers import BadNumber
from aywa.errors import RequestError
from aywa.model.call_order import PhoneCallOrder
from aywa.proto.sip.custom_headers import CustomHeaderError, check_custom_headers
from aywa.settings import DialSettings
from aywa_server.caller import Caller

MAX_CUSTOMERS = 100  # of one request; each is placed before the answer

# What other runtimes take here, and why this one does not.
_NOT_TAKEN = {
    "schedulePlan": "is not taken: place the call when it is due",
    "phoneNumber": "is not taken: name a trunk in phoneNumberId and one of its numbers in fromNumber",
    "transport": "is not taken but by POST /call, where its provider is vapi.websocket",
}


def parse_order(body: dict[str, object], settings: DialSettings, owner: Caller) -> CallOrder:
    """The order; raises `RequestError` (400)."""
    for field, rule in _NOT_TAKEN.items():
        if field in body:
            raise RequestError(f"{field}: {rule}", code="invalid-field", field=field)
    try:
        wanted = PhoneCallOrder.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RequestError(f"{field}: {first['msg']}", code="invalid-field", field=field) from None
    customer = wanted.customer
    if (customer.number is None) == (customer.sip_uri is None):
        rule = "must have number or sipUri, not both"
        raise RequestError(f"customer: {rule}", code="invalid-field", field="customer")
    if not customer.name.isprintable():
        raise RequestError("customer.name: must be printable", code="invalid-field", field="customer.name")
    if customer.sip_uri is not None and not customer.sip_uri.lower().startswith("sip:"):
        raise RequestError(
            "customer.sipUri: must begin with sip:", code="invalid-field", field="customer.sipUri"
        )
    try:
        headers = check_custom_headers(wanted.headers.items())
    except CustomHeaderError as error:
        raise RequestError(f"headers: {error.detail}", code=error.code, field="headers") from None
    detection = wanted.voicemail_detection
    early = wanted.early_media
    return CallOrder(
        DialRequest(
            customer.number or customer.sip_uri or "",
            from_number=wanted.from_number,
            trunk=wanted.phone_number_id,
            headers=headers,
            ring_timeout_s=wanted.ring_timeout_seconds or settings.ring_timeout_s,
            early_media=settings.early_media if early is None else early,
            owner=owner.name,
        ),
        customer.name,
        customer.extension,
        None if detection is None else parse_plan(detection, wanted.voicemail_message),
        org_id=owner.org_id,
        title=wanted.name,
    )


def parse_orders(
    body: dict[str, object], settings: DialSettings, owner: Caller
) -> list[CallOrder | RequestError]:
    """An order for each of `customers`, or what is wrong with that one; raises `RequestError` (400) for what
    is wrong with all of them.
    """
    customers = body.get("customers")
    if "customer" in body:
        rule = "must not be given beside customer"
        raise RequestError(f"customers: {rule}", code="invalid-field", field="customers")
    if not isinstance(customers, list) or not 1 <= len(customers) <= MAX_CUSTOMERS:
        rule = f"must be a list of 1 to {MAX_CUSTOMERS} customers"
        raise RequestError(f"customers: {rule}", code="invalid-field", field="customers")
    common = {name: value for name, value in body.items() if name != "customers"}
    orders: list[CallOrder | RequestError] = []
    for customer in customers:
        try:
            orders.append(parse_order({**common, "customer": customer}, settings, owner))
        except RequestError as error:
            if not (error.field or "").startswith("customer"):
                raise
            orders.append(error)
    return orders


def bad_number(error: BadNumber, order: CallOrder) -> RequestError:
    """The same as a fault of the field that had it."""
    field = "customer.sipUri" if order.request.destination.lower().startswith("sip:") else "customer.number"
    return RequestError(f"{field}: {error.detail}", code=error.code, field=field)
