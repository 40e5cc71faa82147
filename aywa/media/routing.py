"""Who hears whom when legs share a room: named plans, as tables of roles. Pure.

A row says what the leg of one role hears: `voices` of which roles, and the assistant as it speaks on the legs
of which roles. What its own leg says to it needs no row: nobody is told that twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """Who is at the other end of a leg."""

    CALLER = "caller"
    COLLEAGUE = "colleague"  # a person the call is or may be handed to
    GUEST = "guest"  # a third party
    LISTENER = "listener"  # hears, and is not heard


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one role hears: these roles, and what the assistant says on the legs of `assistants`."""

    voices: frozenset[Role] = frozenset()
    assistants: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """A row for each role that may take part; roles without one hear nothing and are heard by nobody.

    `assistant_speaks_to`: the leg whose playout ring the assistant writes; None: it is silent.
    `assistant_hears`: the legs whose uplink it is given.
    """

    rows: Mapping[Role, Hearing]
    assistant_speaks_to: Role | None = None
    assistant_hears: frozenset[Role] = frozenset()


class Routing(Enum):
    """The plans by name."""

    BRIDGE = "bridge"
    CONFERENCE = "conference"
    CONFERENCE_WITH_ASSISTANT = "conference_with_assistant"
    WHISPER = "whisper"
    MONITOR = "monitor"
    CONSULT = "consult"


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_CALLER, _COLLEAGUE, _GUEST = _roles(Role.CALLER), _roles(Role.COLLEAGUE), _roles(Role.GUEST)
_PAIR = {Role.CALLER: Hearing(_COLLEAGUE), Role.COLLEAGUE: Hearing(_CALLER)}

PLANS: Mapping[Routing, Plan] = {
    Routing.BRIDGE: Plan(_PAIR),
    Routing.CONFERENCE: Plan(
        {
            Role.CALLER: Hearing(_COLLEAGUE | _GUEST),
            Role.COLLEAGUE: Hearing(_CALLER | _GUEST),
            Role.GUEST: Hearing(_CALLER | _COLLEAGUE),
        }
    ),
    Routing.CONFERENCE_WITH_ASSISTANT: Plan(
        {
            Role.CALLER: Hearing(_COLLEAGUE | _GUEST),
            Role.COLLEAGUE: Hearing(_CALLER | _GUEST, _CALLER),
            Role.GUEST: Hearing(_CALLER | _COLLEAGUE, _CALLER),
        },
        assistant_speaks_to=Role.CALLER,
        assistant_hears=_CALLER | _COLLEAGUE | _GUEST,
    ),
    # The assistant listens to both and advises one.
    Routing.WHISPER: Plan(_PAIR, assistant_speaks_to=Role.COLLEAGUE, assistant_hears=_CALLER | _COLLEAGUE),
    Routing.MONITOR: Plan(
        {**_PAIR, Role.LISTENER: Hearing(_CALLER | _COLLEAGUE, _CALLER)},
        assistant_speaks_to=Role.CALLER,
        assistant_hears=_CALLER,
    ),
    # The caller waits (`Leg.play_background`) while the assistant tells the colleague about the call.
    Routing.CONSULT: Plan(
        {Role.CALLER: Hearing(), Role.COLLEAGUE: Hearing()},
        assistant_speaks_to=Role.COLLEAGUE,
        assistant_hears=_COLLEAGUE,
    ),
}


def masks(plan: Plan, places: Mapping[Role, int]) -> Mapping[Role, tuple[int, int]]:
    """For each role with a place: bits of the places whose voices and whose assistant it hears."""

    def bits(roles: frozenset[Role]) -> int:
        return sum(1 << places[role] for role in roles if role in places)

    rows = {role: plan.rows.get(role, Hearing()) for role in places}
    return {role: (bits(row.voices), bits(row.assistants)) for role, row in rows.items()}
