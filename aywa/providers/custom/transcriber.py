"""A recogniser of the operator's own, by the contract's websocket."""

from __future__ import annotations

from dataclasses import replace

from aywa.model.transcribers.custom import CustomTranscriber
from aywa.providers.custom.transcriber_wire import CustomTranscriberWire
from aywa.providers.listening.addresses import place_of
from aywa.providers.listening.streaming import CONNECT_S, StreamingTranscriber
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: CustomTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan. The address is the plan's; the account gives its name, key and headers."""
    base_url, path = place_of(plan.server.url)
    headers = dict(plan.server.headers)
    if plan.server.secret is not None:
        headers["X-Vapi-Secret"] = plan.server.secret.get_secret_value()
    if access.key:
        headers.setdefault("Authorization", f"Bearer {access.key}")
    return StreamingTranscriber(
        door,
        replace(access, base_url=base_url),
        path,
        headers,
        CustomTranscriberWire,
        connect_s=min(plan.server.timeout_seconds, 4 * CONNECT_S),
    )
