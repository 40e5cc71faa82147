"""Voices as assistants name them: one plan for each provider, and the choice between them."""

from aywa.model.voices.choice import VOICE_PLANS, VoiceChoice, parse_voice

__all__ = ["VOICE_PLANS", "VoiceChoice", "parse_voice"]
