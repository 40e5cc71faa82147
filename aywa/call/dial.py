r"""Calling somebody: trunk after trunk until one answers, for calls of the assistant and for transfers.

```
the gate ──▶ trunk 1 ──unreachable, 503, silence──▶ trunk 2 ──▶ ...
                │ \─ busy, declined, rang and not answered: DialFailed at once
                ├─ 183 with a description: the leg opens and hears; nothing is said on it
                └─ 200: Dialled, until the block is left
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from aywa.call.capture import CallCapture
from aywa.call.dependencies import CallDependencies
from aywa.call.dial_attempt import Attempt, Listeners
from aywa.call.dial_gate import Admission
from aywa.call.dial_outcome import DialFailed, DialOutcome, DialRefused
from aywa.call.dial_request import Dialled, DialRequest
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.dialling.usage import LimitReached
from aywa.media.leg import LegParameters

__all__ = ["DialFailed", "DialOutcome", "DialRefused", "DialRequest", "Dialled", "dial"]


def _ignore(*said: object, **data: object) -> None:
    """For those who do not listen."""


def _as_it_is(parameters: LegParameters) -> LegParameters:
    return parameters


@asynccontextmanager
async def dial(
    request: DialRequest,
    dependencies: CallDependencies,
    *,
    admission: Admission | None = None,
    timeline: Timeline | None = None,
    capture: CallCapture | None = None,
    on_ringing: Callable[[int], None] = _ignore,
    on_early_media: Callable[[LegPort], None] = _ignore,
    leg: Callable[[LegParameters], LegParameters] = _as_it_is,
) -> AsyncIterator[Dialled]:
    """Call somebody; in the block both sides can hear, and leaving it hangs up and closes the leg.

    `admission`: leave that was got before; without it, it is asked for here. Raises DialFailed (DialRefused
    where our own rules forbid it), BadNumber, LimitReached, and OverloadedError where the engine takes no
    more legs. Cancelling while it rings sends CANCEL; an answer that crosses is hung up, and so is a
    call that outlasts the minutes of its key or trunk.
    `timeline` gets every attempt, `capture` its messages. `on_ringing` hears each status from 101 to 199,
    `on_early_media` the leg as soon as something may be heard on it, if the request wants that: both are
    called synchronously. `leg` may change how the leg behaves.
    """
    dialling = dependencies.dialling
    if dialling is None:
        raise DialRefused("Nothing may be dialled: no trunk dials out")
    note = timeline.add if timeline is not None else _ignore
    listeners = Listeners(note, on_ringing, on_early_media, leg, capture)
    with admission or dialling.gate.admit(request) as admitted:
        dependencies.engine.admit()
        deadline = trio.current_time() + request.ring_timeout_s
        *_, final = admitted.routes
        for route in admitted.routes:
            attempt = Attempt(request, route, dependencies, listeners, deadline)
            try:
                admitted.begin(route)
                note("dial.attempt", trunk=route.trunk.name, to=route.target.user_text)
                async with attempt.open(dialling, admitted, last=route is final) as dialled:
                    yield dialled
                return
            except (DialFailed, LimitReached) as failure:
                if attempt.answered:
                    raise  # another call's, made in the block
                admitted.failed()
                note("dial.failed", trunk=route.trunk.name, **_told(failure))
                if route is final or trio.current_time() >= deadline or not _fails_over(failure):
                    raise


def _fails_over(failure: DialFailed | LimitReached) -> bool:
    return isinstance(failure, LimitReached) or failure.fails_over


def _told(failure: DialFailed | LimitReached) -> dict[str, object]:
    if isinstance(failure, LimitReached):
        return {"outcome": DialOutcome.NOT_ALLOWED.value, "detail": failure.detail}
    return {
        "outcome": failure.outcome.value,
        "sip_status": failure.sip_status,
        "rang": failure.rang,
        "detail": failure.detail,
    }
