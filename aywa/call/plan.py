"""What one call is led by instead of what the settings name: an assistant of the API's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from aywa.call.dependencies import CallDependencies
from aywa.media.clip import Clip
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.overrides import overridden
from aywa.ports.endpointing import EndpointingAdvisor


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The assistant, with what its plan asks for made ready; None: what the settings name. Ids are "" where
    it has none.

    `org_id`: whose number was called; whoever places a call says it himself.
    """

    assistant: Assistant | None
    ambience: Clip | None = None
    advisor: EndpointingAdvisor | None = None
    assistant_id: str = ""
    phone_number_id: str = ""
    org_id: UUID = DEFAULT_ORGANIZATION
    overrides: Assistant | None = None  # what this call says otherwise, over whichever assistant leads it


def led_by(plan: CallPlan | None, dependencies: CallDependencies) -> CallDependencies:
    """The dependencies of a call that this plan leads; the same without one."""
    if plan is None:
        return dependencies
    if plan.assistant is not None:
        dependencies = replace(
            dependencies,
            assistant=plan.assistant,
            assistant_id=plan.assistant_id,
            ambience=plan.ambience,
            advisor=plan.advisor,
        )
    if plan.overrides is None:
        return dependencies
    base = dependencies.assistant or Assistant.model_validate({})
    return replace(
        dependencies,
        assistant=overridden(base, plan.overrides),
        ambience=plan.ambience or dependencies.ambience,
        advisor=plan.advisor or dependencies.advisor,
    )
