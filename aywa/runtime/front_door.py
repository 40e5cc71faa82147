"""Whether a new call is let in, and to whom it goes."""

from __future__ import annotations

from math import inf

from aywa.call.sip_port import IncomingPort
from aywa.call.table import CallTable
from aywa.clock import monotonic_now
from aywa.errors import OverloadedError
from aywa.log import get_logger
from aywa.media.engine import MediaEngine
from aywa.ports.stt import Transcriber
from aywa.proto.sip.core import SipLoad
from aywa.runtime.call_plans import CallPlans

REFUSALS_TOLD_S = 10.0
_log = get_logger("runtime")


class FrontDoor:
    """Between the user agent, which is opened first, and the table, which is opened last and closed first."""

    def __init__(self) -> None:
        self.table: CallTable | None = None
        self.plans: CallPlans | None = None
        self._engine: MediaEngine | None = None
        self._transcriber: Transcriber | None = None
        self._asking = 0  # for how many calls it is not known yet who answers them
        self._told: dict[str, float] = {}  # limits, and when each was logged last

    async def take(self, call: IncomingPort) -> None:
        """Have a call; one that comes while the table is not open has been refused by `load`."""
        if self.table is None:
            await call.reject(503)
            return
        if self._asking >= self.table.most:
            await call.reject(503)  # callers whose server is slow are callers all the same
            return
        self._asking += 1
        try:
            plan = None if self.plans is None else await self.plans.for_incoming(call)
        finally:
            self._asking -= 1
        if self.table is None:  # it was closed meanwhile
            await call.reject(503)
            return
        await self.table.take_incoming(call, plan)

    def before(self, engine: MediaEngine, transcriber: Transcriber) -> FrontDoor:
        """The same, with what is asked whether it can bear another call."""
        self._engine, self._transcriber = engine, transcriber
        return self

    def load(self) -> SipLoad:
        """Whether a new INVITE or OPTIONS gets a 503 at once: what cannot be served costs nothing else."""
        assert self._engine is not None, "opened before whoever asks"
        assert self._transcriber is not None, "set with the engine"
        limit = "the worker is starting or stopping" if self.table is None else ""
        if self.table is not None and self.table.draining:
            limit = "the worker is draining"
        elif self.table is not None and self.table.full:
            limit = "RUNTIME_MAX_CALLS calls are live"
        limit = limit or self._transcriber.fault() or ""
        retry_after_s = SipLoad().retry_after_s
        if not limit:
            try:
                self._engine.admit()
            except OverloadedError as error:
                limit, retry_after_s = error.detail, error.retry_after_s
        if not limit:
            return SipLoad()
        self._tell(limit)
        return SipLoad(overloaded=True, retry_after_s=retry_after_s)

    def _tell(self, limit: str) -> None:
        """Into the log, each limit at most every `REFUSALS_TOLD_S`: there may be thousands of callers."""
        now = monotonic_now()
        if now - self._told.get(limit, -inf) >= REFUSALS_TOLD_S:
            self._told[limit] = now
            _log.warning("calls.refused", status=503, limit=limit)
