"""Whom to call, and what stands once somebody answered."""

from __future__ import annotations

from dataclasses import dataclass

from aywa.call.media_port import LegPort
from aywa.call.sip_port import SessionPort
from aywa.media.negotiated import summary
from aywa.proto.sdp.audio import Accepted, LocalAudio


@dataclass(frozen=True, slots=True)
class DialRequest:
    """Whom to call.

    `destination`: a number in E.164, or a sip: URI. `from_number`: which of the trunk's numbers is shown,
    None for its first. `trunk`: the only one to try, None for all that may. `ring_timeout_s`: from the first
    INVITE to the answer, over all trunks. `early_media`: open the leg for what is heard before the answer.
    `owner`: whose limits count it, the name of an API key; `inbound`: of a trunk whose call it serves.
    """

    destination: str
    from_number: str | None = None
    trunk: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    ring_timeout_s: float = 45.0
    early_media: bool = False
    owner: str = ""
    inbound: bool = False

    @property
    def scope(self) -> str:
        """What it counts in, beside the trunk that it goes out through. Nobody's calls count together."""
        return f"{'inbound' if self.inbound else 'key'}:{self.owner}"


@dataclass(frozen=True, slots=True)
class Dialled:
    """Somebody answered: the leg, the session, the trunk, and what was agreed on about the media.

    `local` and `accepted` are what an `Agreement` follows re-INVITEs with.
    """

    leg: LegPort
    sip: SessionPort
    trunk: str
    local: LocalAudio
    accepted: Accepted

    @property
    def media(self) -> dict[str, object]:
        """What was agreed on in a few words, for a timeline."""
        return summary(self.accepted)
