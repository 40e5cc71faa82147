"""One transfer as the call's record has it."""

from __future__ import annotations

from datetime import datetime

from aywa.ports.store import TranscriptLine
from aywa.transfer.machine import TransferMachine
from aywa.transfer.plan import TransferPlan


class TransferRecord:
    """Grows with each step; `data` is what the store keeps."""

    def __init__(self, plan: TransferPlan, name: str) -> None:
        """`name`: of its recording."""
        self.plan = plan
        self.name = name
        self.offset_ms: int | None = None  # of the recording, from the beginning of the call's
        self._away_from_ms: int | None = None
        self._away_to_ms: int | None = None
        self._recording_path: str | None = None
        self._lines: list[TranscriptLine] = []
        self._started_at: datetime | None = None
        self._connected_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._stage = ""
        self._status = "pending"
        self._reason: str | None = None
        self._sip_status: int | None = None
        self._connected = False

    def keep(self, line: TranscriptLine) -> None:
        """Something was said between assistant and colleague."""
        self._lines.append(line)

    def recording_at(self, path: str) -> None:
        """Where the colleague's leg is being recorded."""
        self._recording_path = path

    def away_from(self, at_ms: int) -> None:
        """Since then the caller hears music, and then somebody else than the assistant: milliseconds since
        the beginning of the call's recording. What came first holds.
        """
        if self._away_from_ms is None:
            self._away_from_ms = at_ms

    def away_to(self, at_ms: int) -> None:
        """The assistant speaks with the caller again."""
        if self._away_from_ms is not None:
            self._away_to_ms = at_ms

    def take(self, machine: TransferMachine, now: datetime) -> None:
        """Note where the transfer is."""
        self._started_at = self._started_at or now
        self._stage = machine.state.name.lower()
        self._sip_status = machine.sip_status
        if machine.outcome is not None:
            self._status, self._reason = machine.outcome.status, machine.outcome.value
            if machine.outcome.succeeded and self._connected_at is None:
                self._connected_at = now
        if machine.over and self._ended_at is None:
            self._ended_at = now

    @property
    def over(self) -> bool:
        """Nothing changes any more."""
        return self._ended_at is not None

    def data(self) -> dict[str, object]:
        """JSON: as `artifact.transfers[]` of the API has it."""
        destination = self.plan.destination
        found: dict[str, object] = {
            "destination": {"type": "number", "number": destination.number}
            if destination.number
            else {"type": "sip", "sipUri": destination.sip_uri},
            "mode": self.plan.mode.value,
            "status": self._status,
            "state": self._stage,
        }
        known = {
            "reason": self._reason,
            "sipStatus": self._sip_status,
            "startedAt": self._started_at and self._started_at.isoformat(),
            "connectedAt": self._connected_at and self._connected_at.isoformat(),
            "endedAt": self._ended_at and self._ended_at.isoformat(),
            "recordingPath": self._recording_path,
            "recordingOffsetMs": self.offset_ms if self._recording_path else None,
            "awayFromMs": self._away_from_ms,
            "awayToMs": self._away_to_ms,
        }
        found |= {name: value for name, value in known.items() if value is not None}
        if self._lines:
            found["transcript"] = "".join(
                f"{'AI' if line.role == 'assistant' else 'Colleague'}: {line.text}\n" for line in self._lines
            )
            found["messages"] = [
                {"role": "bot" if line.role == "assistant" else "user", "message": line.text}
                for line in self._lines
            ]
        return found
