"""Vendors by their names, the operator's own accounts there, and the routes that calls take by default.

The names are those of assistants and credentials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aywa.settings.reader import EnvironmentReader, parts

EMBEDDED = "embedded"  # the recogniser and the voice that come with the runtime
SCRIPTED = "scripted"  # the model that is the scenario's script
CUSTOM_VOICE = "custom-voice"
CUSTOM_TRANSCRIBER = "custom-transcriber"
SHARED = "RUNTIME_PROVIDER_KEYS"
_ROUTE = re.compile(r"([a-z0-9][a-z0-9-]{0,59})(?:/([^\s@,]{1,200}))?(?:@([^\s,]{1,200}))?")


@dataclass(frozen=True, slots=True)
class Vendor:
    """One of them. `variable`: its settings are `<variable>_API_KEY` and `<variable>_BASE_URL`.

    `base_url`: where it is unless somebody says otherwise; "" when somebody must. `keyless`: a server of the
    operator's own, which may ask for no key.
    """

    name: str
    variable: str
    base_url: str = ""
    keyless: bool = False


VENDORS = (
    Vendor("deepgram", "DEEPGRAM", "https://api.deepgram.com"),
    Vendor("assembly-ai", "ASSEMBLYAI", "https://streaming.assemblyai.com"),
    Vendor("openai", "OPENAI", "https://api.openai.com"),
    Vendor("anthropic", "ANTHROPIC", "https://api.anthropic.com"),
    Vendor("google", "GOOGLE", "https://generativelanguage.googleapis.com"),
    Vendor("11labs", "ELEVENLABS", "https://api.elevenlabs.io"),
    Vendor("cartesia", "CARTESIA", "https://api.cartesia.ai"),
    Vendor("azure", "AZURE_SPEECH"),
    Vendor("azure-openai", "AZURE_OPENAI"),
    Vendor("rime-ai", "RIME", "https://users.rime.ai"),
    Vendor("playht", "PLAYHT", "https://api.play.ht"),
    Vendor("anyscale", "ANYSCALE", "https://api.endpoints.anyscale.com/v1"),
    Vendor("cerebras", "CEREBRAS", "https://api.cerebras.ai/v1"),
    Vendor("deep-seek", "DEEPSEEK", "https://api.deepseek.com/v1"),
    Vendor("deepinfra", "DEEPINFRA", "https://api.deepinfra.com/v1/openai"),
    Vendor("groq", "GROQ", "https://api.groq.com/openai/v1"),
    Vendor("inflection-ai", "INFLECTION", "https://api.inflection.ai/v1"),
    Vendor("minimax", "MINIMAX", "https://api.minimax.io/v1"),
    Vendor("mistral", "MISTRAL", "https://api.mistral.ai/v1"),
    Vendor("openrouter", "OPENROUTER", "https://openrouter.ai/api/v1"),
    Vendor("perplexity-ai", "PERPLEXITY", "https://api.perplexity.ai"),
    Vendor("together-ai", "TOGETHER", "https://api.together.xyz/v1"),
    Vendor("xai", "XAI", "https://api.x.ai/v1"),
    Vendor("vllm", "VLLM", "http://127.0.0.1:8000/v1", keyless=True),
    Vendor("ollama", "OLLAMA", "http://127.0.0.1:11434/v1", keyless=True),
    Vendor("llama-cpp", "LLAMA_CPP", "http://127.0.0.1:8080/v1", keyless=True),
    Vendor("custom-llm", "CUSTOM_LLM", keyless=True),
    Vendor("openai-compatible", "OPENAI_COMPATIBLE", keyless=True),
    Vendor("whisper", "WHISPER", keyless=True),
    Vendor("piper", "PIPER", keyless=True),
)
BY_NAME = {vendor.name: vendor for vendor in VENDORS}


@dataclass(frozen=True, slots=True)
class VendorKey:
    """One account. `base_url`: "" for the vendor's own."""

    key: str = field(default="", repr=False)
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class VendorSettings:
    """`keys`: by the vendor's name. `shared`: they serve the calls of every organisation."""

    keys: dict[str, VendorKey] = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True, slots=True)
class RouteName:
    """One route of a setting: `provider`, `provider/model`, `provider/model@voice`, `provider@voice`."""

    provider: str
    model: str = ""
    voice: str = ""

    def __str__(self) -> str:
        model = f"/{self.model}" if self.model else ""
        return f"{self.provider}{model}" + (f"@{self.voice}" if self.voice else "")


def read_vendors(env: EnvironmentReader) -> VendorSettings:
    """The settings of this slice; faults go to the reader."""
    keys = {}
    rule = "must be 1 to 4000 printable characters without blanks"
    where = "must be an http or https URL without credentials and query"
    for vendor in VENDORS:
        key = env.read(f"{vendor.variable}_API_KEY", _key, "", rule, "the key that the vendor gave you")
        url = env.read(f"{vendor.variable}_BASE_URL", base_url, "", where, "https://speech.example.com")
        if key or url:
            keys[vendor.name] = VendorKey(key, url)
    return VendorSettings(keys, env.choice(SHARED, "default", ("default", "all")) == "all")


def parse_routes(text: str) -> tuple[RouteName, ...]:
    """The routes of a comma-separated list, the first choice first. Raises ValueError."""
    found = []
    for part in parts(text):
        match = _ROUTE.fullmatch(part)
        if match is None:
            raise ValueError
        found.append(RouteName(match[1], match[2] or "", match[3] or ""))
    if not found or len(set(found)) < len(found):
        raise ValueError
    return tuple(found)


def base_url(text: str) -> str:
    """An address that paths are put behind, without a slash at its end. Raises ValueError."""
    scheme, separator, rest = text.partition("://")
    host = rest.partition("/")[0]
    if scheme.lower() not in ("http", "https") or not separator or not host or len(text) > 2048:
        raise ValueError
    if any(mark in text for mark in "?#@ "):
        raise ValueError
    return text.rstrip("/")


def _key(text: str) -> str:
    if len(text) > 4000 or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError
    return text
