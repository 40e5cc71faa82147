"""The running objects the app is made of. `serve` fills it from the runtime, tests from fakes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Protocol
from uuid import UUID

from aywa.call.control import Command
from aywa.call.outbound import CallOrder
from aywa.call.overhearing import Overhearing
from aywa.call.plan import CallPlan, Leader
from aywa.call.web import WebOrder
from aywa.events.filter import EventFilter
from aywa.events.listener import Listener, Start
from aywa.model.audit import AuditEntry
from aywa.model.erasure import ErasureReport
from aywa.model.readiness import Check
from aywa.ports.analytics import Analytics
from aywa.ports.blobs import BlobStore
from aywa.ports.outbox import WebhookLog
from aywa.ports.store import CallRow, CallStore
from aywa.runtime.knowledge import Knowledge
from aywa.settings import DialSettings, HttpSettings, Requirement
from aywa.store.tenancy import Tenancy
from aywa.transfer.plan import TransferPlan
from aywa.transports.web_link import MessageSocket, WebLink
from aywa_server.artifact_desk import ArtifactDesk
from aywa_server.call_tokens import CallTokens
from aywa_server.extraction import Extraction
from aywa_server.metrics import Metrics
from aywa_server.once import Once
from aywa_server.resources.service import Resources


class LiveCalls(Protocol):
    """The calls this process carries."""

    async def place(self, order: CallOrder) -> CallRow:
        """Begin a call out; its row as it stands. Raises an AywaError that says what forbids it."""

    async def open_web(self, order: WebOrder) -> CallRow:
        """Make a call that waits for its websocket; its row as it stands. Raises an AywaError."""

    def join_web(
        self,
        call_id: str,
        socket: MessageSocket,
        source: tuple[str, int],
        command: Callable[[dict[str, object]], Awaitable[None]],
    ) -> WebLink:
        """The other side of such a call has connected. Raises `RequestError` (409)."""

    async def say(
        self, call_id: str, text: str, *, end_after: bool, interrupt: bool = False, protected: bool = False
    ) -> bool:
        """Speak in a live call; False when this process does not carry it."""

    async def transfer(self, call_id: str, plan: TransferPlan) -> bool:
        """Begin to hand a live call over; False when this process does not carry it."""

    async def steer(self, call_id: str, action: str) -> bool:
        """Mute or hold; False when this process does not carry the call."""

    async def end(self, call_id: str) -> bool:
        """Hang up; False when this process does not carry the call."""

    async def capture(self, call_id: str, mode: str) -> bool:
        """Keep a live call's packets; False when this process does not carry it."""

    async def control(self, call_id: str, command: Command) -> bool:
        """Obey an operator; False when this process does not carry the call."""

    def row(self, call_id: str) -> CallRow | None:
        """A live call of this process as it stands, whosever it is; None when it does not carry it."""

    def overhear(self, call_id: str) -> Overhearing | None:
        """Who listens to a live call of this process."""

    def rename(self, call_id: str, name: str) -> None:
        """A call has another name: if it lives here, it is told."""

    async def pcap(self, call_id: str) -> bytes | None:
        """The packets of a live call up to now; None when none are kept here."""


class Readiness(Protocol):
    """Knows what the runtime depends on."""

    async def check(self) -> list[Check]:
        """The state of every dependency; never raises."""


class EventSource(Protocol):
    """What happens in calls."""

    @property
    def closed(self) -> bool:
        """Whether there is nothing more to come."""

    def listen(self, wanted: EventFilter, start: Start) -> AbstractContextManager[Listener]:
        """A listener from this place on."""


class Plans(Protocol):
    """Makes what an assistant's plan asks for ready."""

    async def prepare(self, leader: Leader) -> CallPlan:
        """The plan of a call. Raises `StoreError`."""


class Eraser(Protocol):
    """Erases calls; see `aywa.runtime.keeper`."""

    async def erase_call(self, org_id: UUID, call_id: str, entry: AuditEntry) -> ErasureReport:
        """One that has ended."""

    async def erase_number(self, org_id: UUID, key: str, entry: AuditEntry) -> ErasureReport:
        """Every one from or to a number."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may use."""

    store: CallStore
    calls: LiveCalls
    readiness: Readiness
    metrics: Metrics
    http: HttpSettings
    rng: Random
    now: Callable[[], float]  # monotonic seconds
    resources: Resources
    once: Once
    blobs: BlobStore
    plans: Plans
    webhooks: WebhookLog
    dial: DialSettings = field(default_factory=DialSettings)
    outbox_wake: Callable[[], None] = lambda: None  # there is something to send
    artifacts: ArtifactDesk | None = None  # None: nothing is known of them but what lies on the disk
    analytics: Analytics | None = None  # None: there is no database
    extraction: Extraction | None = None  # None: nobody analyses calls
    knowledge: Knowledge | None = None  # None: nobody reads files
    eraser: Eraser | None = None  # None: nothing can be erased
    tokens: CallTokens | None = None  # None: calls have no URLs that open without a key
    requirements: Sequence[Requirement] = ()  # of production
    production: bool = False
    events: EventSource | None = None  # None: there is no stream
    tenancy: Tenancy | None = None  # None: nothing but the keys of the environment
