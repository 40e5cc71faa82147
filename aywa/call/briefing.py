"""What a colleague is told about a call, and what a header may say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aywa.ports.store import TranscriptLine
from aywa.transfer.plan import Briefing, TransferPlan

HEADER = "X-Transfer-Summary"
HEADER_LENGTH = 500  # characters: the REFER or INVITE must stay one datagram
_LAST_WORDS = 3
_MESSAGE = "I have a caller for you."


def briefing_for(
    plan: TransferPlan, slots: Mapping[str, object], lines: Sequence[TranscriptLine], scenario: str
) -> str:
    """The sentences that the colleague hears."""
    if plan.briefing_text:
        return plan.briefing_text
    if plan.briefing is Briefing.MESSAGE:
        return _MESSAGE
    return f"{_MESSAGE} {summary_of(slots, lines, scenario)}"


def summary_of(slots: Mapping[str, object], lines: Sequence[TranscriptLine], scenario: str) -> str:
    """What was settled, and what the caller said last: the conversation's own words, nothing made up."""
    settled = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in slots.items())
    said = [line.text.rstrip(".") for line in lines if line.role == "user"][-_LAST_WORDS:]
    parts = [f"It is about {scenario.replace('_', ' ')}."]
    if settled:
        parts.append(f"Known so far: {settled}.")
    if said:
        parts.append(f"The caller said: {'. '.join(said)}.")
    return " ".join(parts)


def summary_header(summary: str) -> tuple[str, str]:
    """The summary on one line of printable characters."""
    line = "".join(character if character.isprintable() else " " for character in summary)
    return HEADER, " ".join(line.split())[:HEADER_LENGTH]
