"""Puts a call's tools together, and what they are filled in with."""

from __future__ import annotations

from collections.abc import Callable

from aywa.call.assistant_tools import AssistantTools, ToolMeans
from aywa.call.control import Intervention
from aywa.call.deeds import Deeds
from aywa.call.dependencies import CallDependencies
from aywa.call.handing_over import HandingOver
from aywa.call.intervention import Interventions
from aywa.call.server_line import ServerLine
from aywa.call.tool_runs import ToolRuns
from aywa.call.transfers import Transfers
from aywa.call.variables import Variables, number_of
from aywa.ports.tools import ToolBox


def call_variables(
    dependencies: CallDependencies, call_id: str, parties: tuple[str, str, str], *, inbound: bool
) -> Variables:
    """What is known when a call begins. `parties`: from, to, SIP Call-ID."""
    caller, called = number_of(parties[0]), number_of(parties[1])
    customer = {"number": caller if inbound else called, **dependencies.customer}
    own = {"number": called if inbound else caller}
    assistant = dependencies.assistant
    facts = {
        "customer": customer,
        "call": {"id": call_id, "type": "inboundPhoneCall" if inbound else "outboundPhoneCall"},
        "phoneNumber": own,
        "assistant": {"name": "" if assistant is None else assistant.name},
    }
    return Variables(dependencies.variables, facts, dependencies.clock)


def call_tools(
    box: ToolBox,
    dependencies: CallDependencies,
    variables: Variables,
    line: ServerLine,
    transfers: Transfers,
    interventions: Interventions,
) -> AssistantTools:
    """The scenario's, the assistant's, and the transfer."""
    obey = _obeying(interventions, transfers)
    means = ToolMeans(
        line,
        transfers,
        variables,
        ToolRuns(dependencies.ledger, dependencies.worker_id, dependencies.clock),
        Deeds(obey),
        HandingOver(line, dependencies.successors, variables, obey),
        dependencies.mcp,
        dependencies.search,
        dependencies.transfer_to(),
    )
    return AssistantTools(box, dependencies.servers, means)


def _obeying(interventions: Interventions, transfers: Transfers) -> Callable[[Intervention], None]:
    def obey(command: Intervention) -> None:
        interventions.do(command, transferring=transfers.active)

    return obey
