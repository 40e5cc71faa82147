"""How this user agent names itself in the messages it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aywa.ids import new_branch, new_sip_call_id, new_tag
from aywa.proto.sip.header import NameAddr, Via
from aywa.proto.sip.session_timer import SessionPolicy
from aywa.proto.sip.uri import Uri

if TYPE_CHECKING:
    from random import Random  # the type only: this floor never draws from a source of its own

ALLOW = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY")
ACCEPT = "application/sdp"
KNOWN_METHODS = frozenset(
    # registered methods that exist but are not offered here: 405 rather than 501 (§8.2.1, §21.5.2)
    (*ALLOW, "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE")
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The address peers reach this user agent at, its product name, and its source of randomness."""

    host: str
    port: int
    rng: Random
    product: str = "Aywa"
    user: str = "aywa"
    policy: SessionPolicy = field(default_factory=SessionPolicy)

    @property
    def contact(self) -> NameAddr:
        """The Contact of every dialog (§8.1.1.8)."""
        return NameAddr("", Uri("sip", self.user, host=self.host, port=self.port))

    def via(self) -> Via:
        """A Via with a fresh branch that asks for symmetric responses (RFC 3581 §3)."""
        return Via("UDP", self.host, self.port, {"branch": new_branch(self.rng), "rport": None})

    def tag(self) -> str:
        """A fresh From or To tag."""
        return new_tag(self.rng)

    def call_id(self) -> str:
        """A fresh Call-ID."""
        return new_sip_call_id(self.rng, self.host)

    def capabilities(self) -> tuple[tuple[str, str], ...]:
        """The header fields that say what is understood here (§11.2, §20.5)."""
        return (("Allow", ", ".join(ALLOW)), ("Accept", ACCEPT), ("Supported", ", ".join(self.extensions)))

    @property
    def extensions(self) -> tuple[str, ...]:
        """The option tags that a peer may require (§19.2)."""
        return ("timer", "100rel", "replaces") if self.policy.reliable else ("timer", "replaces")
