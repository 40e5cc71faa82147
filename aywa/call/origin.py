"""Where a call comes from, into its timeline: the trunk, and what the INVITE says beside From and To.

These are personal data as From and To are: they stand in the record of the call and in no log. Of a caller
who asked not to be shown (RFC 3323), what the network says of him is left out.
"""

from __future__ import annotations

from aywa.call.sip_port import IncomingPort
from aywa.call.timeline import Timeline
from aywa.proto.sip.call_facts import CallFacts
from aywa.settings import TrunkSettings

MAX_ADDRESS = 512  # characters; what is longer is cut


def note_origin(timeline: Timeline, call: IncomingPort) -> None:
    """Add `call.trunk`, and `call.facts` when there are any."""
    if call.trunk is not None:
        timeline.add("call.trunk", **_admission(call.trunk))
    facts = facts_data(call.facts)
    if facts:
        timeline.add("call.facts", **facts)


def _admission(trunk: TrunkSettings) -> dict[str, object]:
    """Nobody calls through a trunk with users who has not shown to be one of them."""
    authenticated = bool(trunk.inbound)
    return {
        "trunk": trunk.name,
        "authenticated": authenticated,
        "by": "credentials" if authenticated else "address",
    }


def facts_data(facts: CallFacts) -> dict[str, object]:
    """The facts as plain data, without what the INVITE does not say."""
    hidden = facts.anonymous
    said: dict[str, object] = {
        "anonymous": hidden,
        "privacy": list(facts.privacy),
        "asserted": [] if hidden else [_cut(party) for party in facts.asserted],
        "remote_party": None if hidden or facts.remote_party is None else _cut(facts.remote_party),
        "diversions": [{"address": _cut(each.address), "reason": each.reason} for each in facts.diversions],
        "history": [
            {"address": _cut(each.address), "index": each.index, "cause": each.cause}
            for each in facts.history
        ],
        "headers": dict(facts.custom),
    }
    return {name: value for name, value in said.items() if value}


def _cut(address: object) -> str:
    return str(address)[:MAX_ADDRESS]
