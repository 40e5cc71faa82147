"""The ways of taking turns that are compared: settings of the environment and an assistant's file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mode:
    """One way. `assistant`: what stands in the file of RUNTIME_ASSISTANT; empty: there is none."""

    name: str
    what: str
    environ: Mapping[str, str] = field(default_factory=dict)
    assistant: Mapping[str, object] = field(default_factory=dict)


def fixed(wait_ms: int) -> Mode:
    """So much silence after every sentence, whatever was said."""
    return Mode(f"fixed-{wait_ms}", f"{wait_ms} ms of silence", {"RUNTIME_ENDPOINTING_WAIT_MS": str(wait_ms)})


DEFAULT = Mode("default", "the settings as they come")
BASELINE = fixed(700)
MODES = {mode.name: mode for mode in (DEFAULT, BASELINE, fixed(300), fixed(450), fixed(1000))}
USUAL = ("default", "fixed-700")
