"""Which servers a call may ask, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.ports.llm import ToolSpec
from aywa.ports.server_requests import Whom
from aywa.transfer.plan import TransferPlan


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that a server runs. `whom` None: the call's own server. `shown`: as the server reads of it.

    `arguments` stand beside what the model chooses, and before it. Without `waits` the model goes on at once.
    """

    spec: ToolSpec
    whom: Whom | None = None
    shown: Mapping[str, object] = field(default_factory=dict)
    timeout_s: float = 20.0
    waits: bool = True
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransferChoice:
    """The assistant's `transferCall`: to whom, by the names that the model chooses; {}: `whom` is asked."""

    spec: ToolSpec
    destinations: Mapping[str, TransferPlan] = field(default_factory=dict)
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class CallServers:
    """Of one call. `cascade`: sources, the most specific first, each with the types it lets through or None
    for all. `knowledge`: who is asked for documents before the model is; `voice`: who speaks.
    """

    cascade: tuple[tuple[str, frozenset[str] | None], ...] = ()
    tools: tuple[ServerTool, ...] = ()
    transfer: TransferChoice | None = None
    knowledge: Whom | None = None
    voice: Whom | None = None

    def first(self, message_type: str) -> str | None:
        """Who is asked this; None: nobody."""
        for source, through in self.cascade:
            if through is None or message_type in through:
                return source
        return None
