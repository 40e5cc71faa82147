"""The messages that a server can be sent, by their names."""

from __future__ import annotations

from enum import StrEnum


class ServerMessage(StrEnum):
    """A family of messages."""

    ASSISTANT_REQUEST = "assistant-request"
    ASSISTANT_STARTED = "assistant.started"
    SPEECH_STARTED = "assistant.speechStarted"
    CONVERSATION_UPDATE = "conversation-update"
    END_OF_CALL_REPORT = "end-of-call-report"
    FUNCTION_CALL = "function-call"
    HANG = "hang"
    LANGUAGE_CHANGED = "language-changed"
    LANGUAGE_CHANGE_DETECTED = "language-change-detected"
    MODEL_OUTPUT = "model-output"
    PHONE_CALL_CONTROL = "phone-call-control"
    SPEECH_UPDATE = "speech-update"
    STATUS_UPDATE = "status-update"
    TRANSCRIPT = "transcript"
    FINAL_TRANSCRIPT = 'transcript[transcriptType="final"]'
    TOOL_CALLS = "tool-calls"
    TRANSFER_DESTINATION_REQUEST = "transfer-destination-request"
    HANDOFF_DESTINATION_REQUEST = "handoff-destination-request"
    KNOWLEDGE_BASE_REQUEST = "knowledge-base-request"
    TRANSFER_UPDATE = "transfer-update"
    USER_INTERRUPTED = "user-interrupted"
    VOICE_INPUT = "voice-input"
    VOICE_REQUEST = "voice-request"
    ENDPOINTING_REQUEST = "call.endpointing.request"
    CHAT_CREATED = "chat.created"
    CHAT_DELETED = "chat.deleted"
    SESSION_CREATED = "session.created"
    SESSION_UPDATED = "session.updated"
    SESSION_DELETED = "session.deleted"
    CALL_DELETED = "call.deleted"
    CALL_DELETE_FAILED = "call.delete.failed"
    CALL_ARTIFACT_UPLOAD = "call.artifact.upload"
    WORKFLOW_NODE_STARTED = "workflow.node.started"
