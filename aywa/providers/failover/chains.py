"""Chains of providers, made of their routes: the preferred one first, at least one."""

from aywa.providers.failover.hearing_chain import transcriber_chain
from aywa.providers.failover.model_chain import model_chain
from aywa.providers.failover.voice_chain import synthesizer_chain

__all__ = ["model_chain", "synthesizer_chain", "transcriber_chain"]
