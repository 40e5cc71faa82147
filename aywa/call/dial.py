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

from aywa.call.dependencies import CallDependencies
from aywa.call.dial_attempt import Attempt, Listeners
from aywa.call.dial_outcome import DialFailed, DialOutcome, DialRefused
from aywa.call.dial_request import Dialled, DialRequest
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
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
    timeline: Timeline | None = None,
    on_ringing: Callable[[int], None] = _ignore,
    on_early_media: Callable[[LegPort], None] = _ignore,
    leg: Callable[[LegParameters], LegParameters] = _as_it_is,
) -> AsyncIterator[Dialled]:
    """Call somebody; in the block both sides can hear, and leaving it hangs up and closes the leg.

    Raises DialFailed (DialRefused where our own rules forbid it) and OverloadedError where the engine takes
    no more legs. Cancelling while it rings sends CANCEL; an answer that crosses is hung up.
    `timeline` gets every attempt. `on_ringing` hears each status from 101 to 199, `on_early_media` the leg as
    soon as something may be heard on it, if the request wants that: both are called synchronously. `leg`
    may change how the leg behaves.
    """
    dialling = dependencies.dialling
    if dialling is None:
        raise DialRefused("Nothing may be dialled: no trunk dials out")
    dependencies.engine.admit()
    note = timeline.add if timeline is not None else _ignore
    listeners = Listeners(note, on_ringing, on_early_media, leg)
    *others, final = dialling.gate.routes(request)
    deadline = trio.current_time() + request.ring_timeout_s
    for route in (*others, final):
        attempt = Attempt(request, route, dependencies, listeners, deadline)
        note("dial.attempt", trunk=route.trunk.name, to=route.target.user_text)
        try:
            async with attempt.open(dialling, last=route is final) as dialled:
                note("dial.answered", trunk=route.trunk.name)
                yield dialled
            return
        except DialFailed as failure:
            if attempt.answered:
                raise  # another call's, made in the block
            note(
                "dial.failed",
                trunk=route.trunk.name,
                outcome=failure.outcome.value,
                sip_status=failure.sip_status,
                rang=failure.rang,
                detail=failure.detail,
            )
            out_of_time = trio.current_time() >= deadline
            if route is final or out_of_time or not failure.fails_over:
                raise
