"""The transition tables are the machines: each can be drawn, and every row is reached."""

from __future__ import annotations

from enum import Enum
from types import ModuleType

import pytest

from aywa.proto.sip import (
    dialog,
    invite_client,
    invite_server,
    non_invite_client,
    non_invite_server,
    offer,
    session_states,
)
from aywa.proto.sip.machine import next_states

MACHINES = [invite_client, invite_server, non_invite_client, non_invite_server, dialog, offer, session_states]


@pytest.mark.parametrize("module", MACHINES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_table_is_one_graph(module: ModuleType) -> None:
    transitions = module.TRANSITIONS
    table = next_states(transitions)
    assert len(table) == len(transitions)
    mentioned = {row[0] for row in transitions} | {row[2] for row in transitions}
    assert mentioned == set(module.State)
    assert all(state.value for state in module.State)


@pytest.mark.parametrize("module", [m for m in MACHINES if m not in (offer, dialog)])
def test_every_state_leads_to_the_end(module: ModuleType) -> None:
    reaches: set[Enum] = {module.State.TERMINATED}
    while True:
        more = {row[0] for row in module.TRANSITIONS if row[2] in reaches} - reaches
        if not more:
            break
        reaches |= more
    assert reaches == set(module.State)


def test_two_rows_may_not_disagree() -> None:
    with pytest.raises(ValueError, match="two states"):
        next_states(
            ((dialog.State.EARLY, "x", dialog.State.EARLY), (dialog.State.EARLY, "x", dialog.State.CONFIRMED))
        )
