"""Whether a runtime is ready: the state of every dependency, asked side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import trio

from aywa.artifacts.wav import RecordingError, WavRecordings
from aywa.call.table import CallTable
from aywa.errors import AywaError, ProviderError, StoreError
from aywa.events.stream import EventStream
from aywa.media.engine import MediaEngine
from aywa.model.readiness import Check
from aywa.ports.stt import Transcriber
from aywa.runtime.artifacts import Artifacts
from aywa.runtime.database import Database
from aywa.runtime.sharing import Sharing
from aywa.settings import RecordCalls, Settings, requirements
from aywa.ua.user_agent import UserAgent

_CHECK_BOUND_S = 3.0  # a probe asks again; an answer that takes longer is no answer


class CheckedRuntime(Protocol):
    """What is asked; `Runtime` is one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def sharing(self) -> Sharing: ...
    @property
    def engine(self) -> MediaEngine: ...
    @property
    def user_agent(self) -> UserAgent: ...
    @property
    def table(self) -> CallTable: ...
    @property
    def recordings(self) -> WavRecordings: ...
    @property
    def transcriber(self) -> Transcriber: ...
    @property
    def provider_names(self) -> tuple[str, str, str]: ...
    @property
    def artifacts(self) -> Artifacts: ...
    @property
    def events(self) -> EventStream: ...
    @property
    def sip_address(self) -> tuple[str, int]: ...


class Readiness:
    """The checks of one runtime."""

    def __init__(self, runtime: CheckedRuntime) -> None:
        self._runtime = runtime

    async def check(self) -> list[Check]:
        """The state of every dependency; never raises."""
        checks: dict[str, Check] = {}
        async with trio.open_nursery() as nursery:
            for name, probe in (
                ("database", self._check_database),
                ("recordings", self._check_recordings),
                ("artifacts", self._runtime.artifacts.check),
                ("engine", self._check_engine),
                ("sip", self._check_sip),
                ("registrations", self._check_registrations),
                ("providers", self._check_providers),
                ("auth", self._check_auth),
                ("redis", self._check_redis),
                ("setup", self._check_setup),
                ("calls", self._check_calls),
            ):
                checks[name] = Check(name=name, ok=False, detail="no answer in time")
                nursery.start_soon(_probe, checks, name, probe)
        return list(checks.values())

    async def _check_database(self) -> str:
        waiting = self._runtime.database.calls.waiting_bytes
        try:
            await self._runtime.database.ping()
        except StoreError as error:
            kept = f"; {waiting} bytes of calls wait on the disk" if waiting else ""
            raise StoreError(f"PostgreSQL: {error.detail}{kept}", retryable=True) from error
        return "embedded" if not self._runtime.settings.store.postgres_url else "connected"

    async def _check_recordings(self) -> str:
        if self._runtime.settings.call.record is RecordCalls.NONE:
            return "off"
        await trio.to_thread.run_sync(self._runtime.recordings.check_writable)
        return "writable"

    async def _check_engine(self) -> str:
        self._runtime.engine.admit()
        load = self._runtime.engine.load()
        return f"{load.legs} legs, busy {load.busy_ratio:.2f}" + f", {load.scheduling.value}"

    async def _check_sip(self) -> str:
        host, port = self._runtime.sip_address
        return f"UDP {host}:{port}"

    async def _check_registrations(self) -> str:
        """Not ready only when none stands: the other trunks' calls still come."""
        statuses = self._runtime.user_agent.registrations.statuses
        detail = ", ".join(f"{status.trunk}: {status.detail}" for status in statuses)
        if statuses and not any(status.registered for status in statuses):
            raise AywaError(detail)
        return detail or "none asked for"

    async def _check_providers(self) -> str:
        fault = self._runtime.transcriber.fault()
        if fault is not None:
            raise ProviderError(fault, provider=self._runtime.transcriber.name, stage="stt", retryable=True)
        return ", ".join(self._runtime.provider_names)

    async def _check_auth(self) -> str:
        if not self._runtime.settings.http.api_keys:
            raise AywaError("no API key is set")
        return "API key set"

    async def _check_redis(self) -> str:
        """Calls go on without it, and the cache and events of this node too: a balancer need not avoid it."""
        redis, sharing = self._runtime.sharing.redis, self._runtime.events.sharing
        if redis is None or sharing is None:
            return "none: this node is alone"
        try:
            await redis.ping()
        except StoreError as error:
            return f"away ({error.detail}): {sharing.waiting} events wait for it"
        return f"connected, events {sharing.state.value}"

    async def _check_setup(self) -> str:
        """The list that production starts by; in development what is open is said."""
        open_ones = [found.id for found in requirements(self._runtime.settings) if found.gap is not None]
        if open_ones and self._runtime.settings.production:
            raise AywaError(f"not fit for production: {', '.join(open_ones)}")
        return f"for development; open: {', '.join(open_ones)}" if open_ones else "complete"

    async def _check_calls(self) -> str:
        if self._runtime.table.draining:
            raise AywaError("draining: no more calls are taken")
        if self._runtime.table.journal.failing:
            raise AywaError(f"{self._runtime.table.journal.waiting} entries wait for the database")
        return f"{len(self._runtime.table.live())} live"


async def _probe(checks: dict[str, Check], name: str, probe: Callable[[], Awaitable[str]]) -> None:
    with trio.move_on_after(_CHECK_BOUND_S):
        try:
            checks[name] = Check(name=name, ok=True, detail=await probe())
        except AywaError as error:
            checks[name] = Check(name=name, ok=False, detail=error.detail)
        except RecordingError:
            checks[name] = Check(name=name, ok=False, detail="the recording directory cannot be written")
