"""The timeline of a call: every decision and event, numbered without holes.

Kinds and what they carry (times in `…_ms` are since the recording's first sample unless said otherwise):

| kind | data |
|---|---|
| call.created | type, scenario, sip_call_id, from, to; assistant_id of one of the API's |
| call.retention | recordingDays, transcriptDays, callDays: what the assistant's plan says of this call |
| call.trunk | trunk, authenticated, by |
| call.facts | anonymous, privacy, asserted, remote_party, diversions, history, headers |
| dial.attempt | trunk, to |
| dial.ringing | trunk, sip_status |
| dial.early_media | trunk |
| dial.failed | trunk, outcome, sip_status, rang, detail |
| dial.answered | trunk |
| call.answered | codec, remote, local |
| call.ended | code, side, sip_status, detail, duration_ms |
| call.crashed | error (type name) |
| media.first_packet | timeline |
| media.timeout | silent_s |
| media.source_learned | remote, timeline |
| monitor.joined | listeners |
| monitor.left | listeners, why |
| control.message | role, text, respond |
| control.first_message | |
| control.keys | keys |
| control.keys_failed | error |
| control.sip_message | method, headers (their names), content_type, bytes |
| control.sip_answered | method, status (None: no answer) |
| control.handoff | to, assistant_id |
| control.custom | name, data |
| assistant.handed_off | from, to, kept |
| budget.cheaper | cost, tokens, share, changed: cheaper providers go on, where there are any |
| budget.reached | cost, tokens, share: the call is said goodbye to |
| media.digit | digit, duration_ms, by: rtp or info |
| media.digit_copy | digit, by: the same press came both ways |
| media.digit_sent | digit |
| media.renegotiated | direction |
| media.record_failed | error |
| media.record_refused | reason: the spool or the disk is full, the call goes on without a recording |
| media.stats | the leg's packet counters, `reports` by RTCP, `quality` of both directions |
| stt.partial, stt.final | text, confidence |
| answering.verdict | outcome, cause, sample, elapsed_s, probability, evidence (name, value, weights), words |
| answering.greeting_over | by, sample, beep_hz, beep_end, attempt |
| answering.keys | keys |
| answering.talk | opening, taken_over |
| answering.hang_up | outcome, left |
| voice.doubted | sample, probability |
| stt.failed | detail, retryable |
| llm.request | turn, trigger, round, messages |
| llm.first_token | turn |
| llm.done | turn, round, tool_calls, prompt_, completion_ and cached_prompt_tokens, end_call, provider |
| provider.failed | stage, provider, fault, detail: a route that was asked in vain |
| provider.switched | stage, from, to, reason (a fault, hedge, ill), after_ms |
| provider.recovered | stage, provider |
| provider.used | stage, provider, instead, and units: what a route was given for or beside another |
| provider.outage | stage, action: no route is left |
| provider.outage_transfer_failed | detail |
| llm.failed, tts.failed | turn, detail |
| speculation.decided, speculation.passed | words, min_words, in_turn, max_per_turn |
| speculation.started | id, messages |
| speculation.refused | id, why, prompt_tokens, spent_tokens, budget_tokens |
| speculation.adopted | id, turn, ahead_ms, first_token_ms and first_audio_ms after it began |
| speculation.dropped | id, why, ahead_ms, prompt_tokens, completion_tokens, estimated, characters, spent |
| tool.started | id, name, arguments |
| tool.finished | id, name, result, took_ms, timed_out, by: server, or ledger with key (told after a loss) |
| knowledge.searched | id of the tool call, query, passages: file_id, source, position |
| tool.unknown | id, name, key, by: ledger: the process was lost, whether it was done nobody knows |
| tool.message | turn, message, text |
| assistant.requested | took_ms, outcome, detail: what a server said that was asked for the assistant |
| server.answered, server.failed | type of the request, took_ms, detail |
| artifact.uploaded | artifacts: type, success |
| tts.phrase | turn, phrase, text |
| tts.first_audio | turn |
| turn.state | from, to, cause, and the inputs of the decision |
| turn.wait | wait_s, source (what chose it), unfinished (0..1: more comes), clues, language, mode |
| turn.taken | why, source, wait_s, final_timeout_s, start_sample, end_sample |
| turn.nothing | why, final_timeout_s |
| turn.overdue | turn, cause, unplayed |
| turn.limit | limit, max_duration_s |
| turn.reprompt, turn.cannot_speak | cause |
| turn.model_failed, turn.model_silent, turn.speech_failed | failures, max_failures, detail or timeout_s |
| turn.say_refused | state |
| turn.amended | text |
| turn.doubted | sample, probability |
| turn.started, turn.cancelled | turn, trigger or why |
| turn.yield, turn.resume, turn.commit | turn, epoch |
| turn.truncated | turn, heard, sample |
| turn.key, turn.key_ignored | digit; whether it cuts the answer, and whether that was protected |
| turn.user | text, start_ms, end_ms, counts |
| turn.assistant | text, start_ms, end_ms, interrupted, trigger |
| turn.latency | total_ms; vad_, stt_, endpointing_, llm_, phrase_, tts_ and playout_ms; samples; speculated |
| turn.summary | of the whole call: turns, percentiles_ms and latencies_ms by part, who interrupted whom |
| consent.asked | type, message, attempt |
| consent.transfer_failed | detail |
| consent.given, consent.declined, consent.timed_out | type, offset_ms, phrase or key |
| disclosure.ai | offset_ms, by: sentence or message |
| recording.started | sample, offset_ms: consent was given |
| recording.paused, recording.resumed | why, sample, offset_ms |
| recording.stopped | by: operator, caller or model; phrase, sample, offset_ms |
| card.paused | by, parameter |
| card.collected | reference, digits: how many, checks: whether they may be a card number |
| card.resumed | by |
| control.say | text, interrupt, end_call |
| control.end_call | |
| control.transfer | destination, mode |
| transfer.requested, transfer.ended | mode, destination; at its end outcome and status |
| transfer.state | destination, from, to, cause, and outcome, sip_status, detail once they are known |
| transfer.progress | destination, sip_status of a NOTIFY |
| transfer.accepted, transfer.declined | destination, by: key or voice |
| transfer.refer_failed, transfer.dial_failed | detail |
| transfer.received | status: what a REFER or an INVITE with Replaces of the peer was answered with; target |
| transfer.replaced | sip_call_id of the session that goes on |
| log.line | level, component, event, data: a line of the runtime's log, redacted |
| colleague.… | as above, of the conversation with a colleague |
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import trio

from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import TimelineEntry


class Timeline:
    """Numbers entries and passes them to every listener at once."""

    def __init__(
        self,
        call_id: str,
        *listeners: Callable[[TimelineEntry], None],
        org_id: UUID = DEFAULT_ORGANIZATION,
    ) -> None:
        self._call_id = call_id
        self._org_id = org_id
        self._listeners = listeners
        self.veil: Callable[[str, dict[str, object]], dict[str, object]] | None = None  # what may be kept
        self._created_at = trio.current_time()
        self._seq = 0

    @property
    def at_ms(self) -> int:
        """Milliseconds since the call was created."""
        return int((trio.current_time() - self._created_at) * 1000)

    def add(self, kind: str, **data: object) -> TimelineEntry:
        """Append one entry. `kind` is a dotted name of the table above."""
        self._seq += 1
        if self.veil is not None:
            data = self.veil(kind, data)
        entry = TimelineEntry(self._call_id, self._seq, self.at_ms, kind, data, self._org_id)
        for listener in self._listeners:
            listener(entry)
        return entry
