"""What one call is led by instead of what the settings name: an assistant of the API's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from aywa.call.dependencies import CallDependencies
from aywa.call.equipment import CallScope, Equip, Outfit
from aywa.call.news_plan import NewsPlan
from aywa.call.servers import CallServers
from aywa.call.verdict import Verdict
from aywa.media.clip import Clip
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.overrides import overridden
from aywa.ports.artifacts import ArtifactFormat
from aywa.ports.endpointing import EndpointingAdvisor
from aywa.ports.recording import RecordingStore
from aywa.ports.resources import ResourceRow


@dataclass(frozen=True, slots=True)
class Leader:
    """Who is to lead a call. Without an assistant it is the one of the settings.

    `assistant_id`: "" for one that was named for this call alone; `number`: that was called, or calls.
    """

    org_id: UUID = DEFAULT_ORGANIZATION
    assistant: Assistant | None = None
    assistant_id: str = ""
    number: ResourceRow | None = None


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The assistant, with what its plan asks for made ready; None: what the settings name. Ids are "" where
    it has none.

    `org_id`: whose number was called; whoever places a call says it himself.
    """

    assistant: Assistant | None = None
    ambience: Clip | None = None
    advisor: EndpointingAdvisor | None = None
    assistant_id: str = ""
    phone_number_id: str = ""
    org_id: UUID = DEFAULT_ORGANIZATION
    news: NewsPlan | None = None
    servers: CallServers = field(default_factory=CallServers)
    outfit: Outfit | None = None  # None: what calls usually have
    verdict: Verdict | None = None
    overrides: Assistant | None = None  # what this call says otherwise, over the settings' assistant

    @property
    def name(self) -> str:
        """The assistant's; "" without one."""
        return "" if self.assistant is None else self.assistant.name


def prompt_of(assistant: Assistant | None, usual: str) -> str:
    """What the model is told first: the system messages of the assistant's plan, `usual` without any."""
    model = None if assistant is None else assistant.model
    if model is None:
        return usual
    texts = [each.content for each in model.messages if each.role == "system"]
    if not texts:
        texts = [model.system_prompt or ""]
    return "\n\n".join(text for text in texts if text.strip()) or usual


def monitor_of(assistant: Assistant | None) -> dict[str, bool] | None:
    """What of the assistant's monitorPlan is not as usual; None when nothing is."""
    plan = getattr(assistant, "monitor_plan", None)  # of an assistant that the API keeps
    if plan is None:
        return None
    usual = {"listen": True, "control": True, "listenAuthentication": False, "controlAuthentication": False}
    wanted = {
        "listen": plan.listen_enabled,
        "control": plan.control_enabled,
        "listenAuthentication": plan.listen_authentication_enabled,
        "controlAuthentication": plan.control_authentication_enabled,
    }
    return {name: on for name, on in wanted.items() if on is not usual[name]} or None


def led_by(plan: CallPlan | None, dependencies: CallDependencies) -> CallDependencies:
    """The dependencies of a call that this plan leads; the same without one."""
    outfit = None if plan is None else plan.outfit
    if outfit is None and dependencies.scope is None:
        outfit = dependencies.outfit  # whoever takes a call over without one goes on with what there is
    if outfit is not None:
        dependencies = equipped(replace(dependencies, outfit=outfit), outfit.equip)
    if plan is None:
        return dependencies
    told = replace(
        dependencies,
        news=plan.news or dependencies.news,
        servers=plan.servers,
        verdict=plan.verdict,
        phone_number_id=plan.phone_number_id,
        variables=_values(plan.overrides) if plan.assistant is None else _values(plan.assistant),
    )
    if plan.assistant is not None:
        return replace(
            told,
            assistant=plan.assistant,
            assistant_id=plan.assistant_id,
            ambience=plan.ambience,
            advisor=plan.advisor,
            recordings=recorded_as(plan.assistant, dependencies.recordings),
        )
    if plan.overrides is None:
        return told
    assistant = overridden(dependencies.assistant or Assistant.model_validate({}), plan.overrides)
    return replace(
        told,
        assistant=assistant,
        ambience=plan.ambience or dependencies.ambience,
        advisor=plan.advisor or dependencies.advisor,
        recordings=recorded_as(assistant, dependencies.recordings),
    )


def _values(assistant: Assistant | None) -> Mapping[str, object]:
    """The `variableValues` of an assistant that the API keeps."""
    return getattr(assistant, "variable_values", None) or {}


def equipped(dependencies: CallDependencies, equip: Equip) -> CallDependencies:
    """With providers of the call's own."""
    scope = CallScope()
    made = equip(scope)
    return replace(
        dependencies,
        transcriber=made.transcriber,
        model=made.model,
        synthesizer=made.synthesizer,
        scope=scope,
    )


def recorded_as(assistant: Assistant | None, recordings: RecordingStore) -> RecordingStore:
    """Where an assistant's calls are recorded, to become what its plan says."""
    plan = None if assistant is None else assistant.artifact_plan
    if plan is None or plan.recording_format is None:
        return recordings
    opus = plan.recording_format == ArtifactFormat.OPUS.value
    return recordings.becoming(ArtifactFormat.OPUS if opus else ArtifactFormat.WAV)
