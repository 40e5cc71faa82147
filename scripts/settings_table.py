"""Writes the table of settings in docs/operations.md from the code that reads them.

`python scripts/settings_table.py` writes it, `--check` only says whether it is up to date. What a variable
is for is said here; its name, default and rule come from `aywa.settings`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

# The one place where each variable is read: run on a reader that notes what it is asked for.
from aywa.settings.reader import EnvironmentReader
from aywa.settings.vendors import VENDORS
from aywa.settings.whole import _read_settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/operations.md"
BEGIN = "<!-- written by scripts/settings_table.py from aywa/settings: change it there -->"
END = "<!-- end of the settings -->"
_T = TypeVar("_T")

MEANINGS = {
    "NODE_ENV": "`production` refuses to start with gaps; anything else runs on embedded defaults",
    "RUNTIME_MODE": "the same under a name of our own; `production` in either is production",
    "RUNTIME_HTTP_HOST": "where the control API listens",
    "RUNTIME_HTTP_PORT": "its port; 0 lets the system choose",
    "RUNTIME_PUBLIC_URL": "the origin that the outside reaches the API by; https in production",
    "RUNTIME_API_KEY": "keys that the control API takes; unset in development: one is made and printed",
    "RUNTIME_MAX_FILE_BYTES": "the largest file that can be uploaded",
    "RUNTIME_API_WRONG_KEYS_PER_MINUTE": "requests without a valid key that a source may make a minute, "
    "and so many at once; 0: any number",
    "RUNTIME_API_RATE_PER_KEY": "requests a second that a key may make, twice as many at once; 0: any number",
    "RUNTIME_EVENTS_PER_KEY": "streams of events that an API key may have open on a node",
    "RUNTIME_EVENTS_STREAMS": "streams of events on a node in all",
    "CORS_ORIGINS": "origins whose browsers may call the API",
    "RUNTIME_SIP_HOST": "the address SIP listens on, IPv4 or IPv6",
    "RUNTIME_SIP_PORT": "its port; 0 lets the system choose",
    "RUNTIME_SIP_ADVERTISED_HOST": "the address in Via and Contact, where it differs (NAT, 0.0.0.0, ::)",
    "RUNTIME_SIP_TCP_PORT": "the port SIP listens on for TCP; unset: it does not",
    "RUNTIME_SIP_TLS_PORT": "the port SIP listens on for TLS; unset: it does not",
    "RUNTIME_SIP_TLS_CERT": "file of the certificate chain, also shown as a client",
    "RUNTIME_SIP_TLS_KEY": "file of its key; unset: in the file of the certificate",
    "RUNTIME_SIP_TLS_CA": "file of the authorities that are believed; unset: the system's",
    "RUNTIME_SIP_TLS_CLIENT_AUTH": "whether callers over TLS must show a certificate",
    "RUNTIME_SIP_TLS_VERIFY": "whether the certificates of the servers called are verified",
    "RUNTIME_SIP_TRUNKS": "who may call: IP addresses and CIDR blocks",
    "RUNTIME_SIP_SESSION_INTERVAL_S": "the longest time without a refresh (RFC 4028); 0: as the peer says",
    "RUNTIME_SIP_MIN_SESSION_INTERVAL_S": "the shortest interval a peer may ask for; less is answered 422",
    "RUNTIME_SIP_TRUNKS_JSON": "named trunks, see Trunks below",
    "RUNTIME_SIP_STRANGER_RATE": "messages a second from one address of no trunk that are looked at at all",
    "RUNTIME_SIP_TRUNK_RATE": "the same of one address of a trunk; what is above is dropped unread",
    "RUNTIME_SIP_BAN_S": "how long strangers who go on above their rate are not looked at; 0: no bans",
    "RUNTIME_SIP_STRANGERS": "what a request from any other address gets: nothing, or 403",
    "RUNTIME_SIP_REALM": "the realm in which callers of a trunk with users are asked for credentials",
    "RUNTIME_MEDIA_HOST": "the address RTP sockets bind; unset: that of SIP",
    "RUNTIME_MEDIA_ADVERTISED_HOST": "the address in the SDP, where it differs",
    "RUNTIME_RTP_PORT_MIN": "first UDP port for RTP; a call takes an even one and the next",
    "RUNTIME_RTP_PORT_MAX": "last UDP port for RTP",
    "RUNTIME_MAX_LEGS": "legs the engine admits; above it calls get 503 with Retry-After",
    "RUNTIME_MEDIA_NAT": "whose packets may replace the SDP's address: nobody's, the SIP peer's, anybody's",
    "RUNTIME_MEDIA_TIMEOUT_S": "seconds without a packet from the caller that end a call",
    "RUNTIME_HOLD_MUSIC": "a sound file that callers hear while they wait; empty: comfort noise",
    "RUNTIME_HOLD_AUDIO": "by which scheme a transfer's `holdAudioUrl` is fetched",
    "RUNTIME_HOLD_AUDIO_DIR": "where such URLs may lead with `file:`; empty: nowhere",
    "RUNTIME_MEDIA_VOICE_MODEL": "second tier of voice detection: empty, `silero`, or a Silero VAD in ONNX",
    "RUNTIME_MEDIA_REALTIME": "ask for SCHED_FIFO; without the permission the engine runs on without it",
    "RUNTIME_MEDIA_CODECS": "codecs that are served, in order of preference",
    "RUNTIME_MEDIA_CODEC_ORDER": "whose order decides: `local` takes that of the list, `offer` the caller's",
    "RUNTIME_MEDIA_SRTP": "`off` refuses SRTP, `optional` answers in kind, `required` refuses plain RTP",
    "RUNTIME_MEDIA_SRTP_SUITES": "SRTP suites that are served, in order of preference",
    "RUNTIME_MEDIA_PCAP": "what is kept of a call's last packets: nothing, headers, audio, all; see Captures",
    "RUNTIME_MEDIA_PCAP_PACKETS": "how many packets a call keeps, 256 bytes each",
    "RUNTIME_AUDIOSOCKET_HOST": "the address AudioSocket listens on; unset: that of SIP",
    "RUNTIME_AUDIOSOCKET_PORT": "its TCP port; unset: there is none, see docs/transports.md",
    "RUNTIME_ASTERISK_WS_HOST": "the address Asterisk's websocket channel connects to; unset: that of SIP",
    "RUNTIME_ASTERISK_WS_PORT": "its TCP port; unset: there is none",
    "RUNTIME_ASTERISK_WS_PATH": "the path of the URI in websocket_client.conf",
    "RUNTIME_ASTERISK_WS_USER": "the user that a websocket must show",
    "RUNTIME_ASTERISK_WS_PASSWORD": "the password that a websocket must show; needed with the port",
    "RUNTIME_ASTERISK_WS_TLS_CERT": "file of the certificate chain; unset: no TLS",
    "RUNTIME_ASTERISK_WS_TLS_KEY": "file of its key; unset: in the file of the certificate",
    "RUNTIME_STREAM_MAX_CALLS": "calls over AudioSocket and websockets at a time; more are hung up on",
    "RUNTIME_SCENARIO": "the conversation incoming calls get",
    "RUNTIME_ASSISTANT": "a JSON file with the assistant's plan, see speaking.md; unset: none",
    "RUNTIME_MAX_DURATION_S": "seconds a call may last",
    "RUNTIME_SILENCE_TIMEOUT_S": "seconds of the caller's silence that end a call",
    "RUNTIME_ENDPOINTING": "what finds the end of a caller's turn; unset where a wait is set: `fixed`",
    "RUNTIME_ENDPOINTING_WAIT_MS": "`fixed`: silence since the caller's last voiced sample that ends a turn",
    "RUNTIME_ENDPOINTING_LANGUAGE": "callers' language, such as `pt-BR`; unset: guessed from their words",
    "RUNTIME_ENDPOINTING_SOUND_MODEL": "an ONNX file that hears the end of a turn (Smart Turn); unset: none",
    "RUNTIME_MAX_CALLS": "calls at a time; above it 503 with Retry-After",
    "RUNTIME_RECORD": "record each call, those whose assistant or placer says so, or none: consent.md",
    "RUNTIME_AI_DISCLOSURE": "say in the first message that it is an AI who speaks, see consent.md",
    "RUNTIME_BARGE_IN": "the caller may interrupt",
    "RUNTIME_SPECULATION": "answers are made ahead at the caller's pauses, unheard until the turn is taken",
    "RUNTIME_SPECULATION_TOKENS": "tokens a call may spend on those that come to nothing; then none is made",
    "RUNTIME_SPECULATION_CHARACTERS": "characters a call may have synthesized ahead for nothing",
    "RUNTIME_SPECULATION_MIN_WORDS": "words that are worth one; a text that looks complete may be shorter",
    "RUNTIME_TRANSFER_TO": "whom a conversation may hand its call to; unset: nobody",
    "RUNTIME_TRANSFER_MODE": "how: see transfers.md",
    "RUNTIME_ACCEPT_REFER": "call whom a REFER of the other side names, if it may be dialled; else 603",
    "RUNTIME_ECHO_GUARD": "the assistant's speech that a phone leg returns is not taken for the caller's",
    "RUNTIME_INBAND_DIGITS": "key presses heard as tones: `auto` where telephone-event was not agreed on",
    "RUNTIME_DRAIN_S": "seconds that live calls may go on after SIGTERM",
    "RUNTIME_DIAL_HOME": "the country code that national numbers belong to; unset: none are taken",
    "RUNTIME_DIAL_ALLOW": "prefixes that may be dialled; unset: nothing may, see Calling out below",
    "RUNTIME_DIAL_DENY": "prefixes that may not, though a shorter one is allowed",
    "RUNTIME_DIAL_EMERGENCY": "emergency numbers that may be dialled all the same",
    "RUNTIME_DIAL_KEY_CONCURRENT": "calls out of one API key at a time",
    "RUNTIME_DIAL_KEY_PER_SECOND": "calls out that one API key begins in any second",
    "RUNTIME_DIAL_KEY_PER_DAY": "calls out that one API key begins in a UTC day",
    "RUNTIME_DIAL_KEY_MINUTES_PER_DAY": "minutes that one API key's calls out talk in a UTC day",
    "RUNTIME_DIAL_RING_TIMEOUT_S": "seconds a call out rings that does not say how long",
    "RUNTIME_DIAL_EARLY_MEDIA": "hear and record what comes before the answer of a call out",
    "RUNTIME_OUTBOUND_PRIVATE": "what is not public and may be asked all the same by URLs, see webhooks.md",
    "RUNTIME_WEBHOOK_URL": "the account's server: told of calls whose assistant names none, see webhooks.md",
    "RUNTIME_WEBHOOK_SECRET": "what that server is shown as `X-Vapi-Secret`; unset: nothing",
    "WEBHOOK_SIGNING_SECRET": "what webhooks are signed with; needed in production",
    "RUNTIME_WEBHOOK_KEEP_DAYS": "days that delivered webhooks are kept",
    "RUNTIME_STORE_POSTGRES_URL": "the database; unset in development: an embedded PostgreSQL",
    "RUNTIME_STORE_ENCRYPTION_KEY": "what secrets are sealed with; unset in development: a key is made",
    "RUNTIME_STORE_ENCRYPTION_KEY_PREVIOUS": "keys of before: they open, and what they sealed is sealed anew",
    "RUNTIME_JOURNAL_MAX_BYTES": "what calls may leave on the disk while the database is away",
    "RUNTIME_RETENTION_RECORDING_DAYS": "days after a call that audio and captures are kept; 0: for ever",
    "RUNTIME_RETENTION_TRANSCRIPT_DAYS": "the same of what was said and of the timeline",
    "RUNTIME_RETENTION_CALL_DAYS": "the same of everything",
    "RUNTIME_TOMBSTONE_FILE": "what was erased; unset: `tombstones.jsonl` in the data folder",
    "REDIS_URL": "Redis or Valkey, which nodes share; unset: this node is alone",
    "RUNTIME_EVENTS_KEPT": "events that a node keeps in memory for listeners that come back",
    "RUNTIME_EMBEDDINGS": "who places texts by their meaning, for files that assistants search",
    "RUNTIME_EMBEDDINGS_URL": "with `openai`: the base URL of OpenAI or of a server of that shape",
    "RUNTIME_EMBEDDINGS_MODEL": "with `openai`: the model; another one reads all files anew",
    "RUNTIME_EMBEDDINGS_API_KEY": "with `openai`: the key",
    "RUNTIME_EMBEDDINGS_DIMENSIONS": "with `openai`: numbers of a vector; 0: as many as the model has",
    "RUNTIME_DATA_DIR": "where the embedded database and the recordings lie",
    "RUNTIME_RECORDING_DIR": "where recordings lie; unset: `recordings` in the data folder",
    "RUNTIME_ARTIFACT_DIR": "a directory that finished artifacts go to; unset: the bucket, or they stay",
    "RUNTIME_ARTIFACT_SPOOL_MAX_BYTES": "of what waits; above it new calls are not recorded",
    "RUNTIME_ARTIFACT_SPOOL_MAX_AGE_HOURS": "the same of its age; 0 in either: no bound",
    "RUNTIME_ARTIFACT_DOWNLOADS": "what is in the bucket is sent through the API, or clients are sent to it",
    "RUNTIME_ARTIFACT_URL_EXPIRES_S": "how long signed URLs of the bucket are good",
    "RUNTIME_ARTIFACT_S3_BUCKET": "the bucket that finished artifacts go to, see Artifacts below",
    "RUNTIME_ARTIFACT_S3_ENDPOINT": "who serves it; unset: Amazon",
    "RUNTIME_ARTIFACT_S3_REGION": "its region",
    "RUNTIME_ARTIFACT_S3_ACCESS_KEY_ID": "its key; unset: AWS_ACCESS_KEY_ID, or the host's role",
    "RUNTIME_ARTIFACT_S3_SECRET_ACCESS_KEY": "the secret of that key",
    "RUNTIME_ARTIFACT_S3_PREFIX": "what the names of all objects begin with",
    "RUNTIME_ARTIFACT_S3_PATH_STYLE": "the bucket in the path, not the host; unset: with an endpoint",
    "RUNTIME_STT": "recognisers of assistants that name none, the first choice first, see Providers",
    "RUNTIME_LLM": "likewise language models",
    "RUNTIME_TTS": "likewise voices",
    **{
        f"{vendor.variable}_{what}": meaning.format(vendor.name)
        for vendor in VENDORS
        for what, meaning in (
            ("API_KEY", "the operator's key at {}"),
            ("BASE_URL", "where {} is reached; unset: where the vendor has it, if it has"),
        )
    },
    "RUNTIME_PROVIDER_KEYS": "whose calls those keys serve: the default organisation's, or all",
    "RUNTIME_PRICES": "a JSON file with what providers cost, see Costs; unset: what is built in",
    "RUNTIME_STT_WORKERS": "recogniser processes",
    "RUNTIME_LOG_LEVEL": "least level that is logged",
    "RUNTIME_LOG_FORMAT": "one JSON object a line, or text for a terminal",
}


@dataclass(frozen=True)
class Setting:
    """One variable as the code reads it."""

    name: str
    default: str
    rule: str


class NotingReader(EnvironmentReader):
    """Reads an empty environment and notes every variable it is asked for, in order."""

    def __init__(self) -> None:
        super().__init__({})
        self.settings: dict[str, Setting] = {}

    def read(self, name: str, parse: Callable[[str], _T], default: _T, rule: str, example: str) -> _T:
        """Note a variable with a rule."""
        self.settings[name] = Setting(name, _shown(default), rule.removeprefix("must be "))
        return super().read(name, parse, default, rule, example)

    def text(self, name: str, default: str = "") -> str:
        """Note a free text."""
        self.settings[name] = Setting(name, _shown(default), "text")
        return super().text(name, default)


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(str(item) for item in default)
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, Enum):
        return str(default.value)
    return f"{default:g}" if isinstance(default, float) else str(default)


def known_settings() -> list[Setting]:
    """Every variable the runtime reads, by name; what the development mode is for comes first."""
    reader = NotingReader()
    _read_settings(reader)
    return sorted(reader.settings.values(), key=lambda setting: list(MEANINGS).index(setting.name))


def table() -> str:
    """The settings as a Markdown table. Raises ValueError for a variable without a meaning here."""
    lines = ["| variable | default | what it is | rule |", "|---|---|---|---|"]
    for setting in known_settings():
        default = f"`{setting.default}`" if setting.default else ""
        lines.append(f"| `{setting.name}` | {default} | {MEANINGS[setting.name]} | {setting.rule} |")
    return "\n".join(lines)


def refreshed(page: str) -> str:
    """The page with its table as the code has it. Raises ValueError when a mark is missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has lost one of its marks: {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{tail}"


def main() -> int:
    """Write, or check; 1 when `--check` finds a stale table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    path = ROOT / PAGE
    page = path.read_text(encoding="utf-8")
    fresh = refreshed(page)
    if fresh == page:
        return 0
    if not check:
        path.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"{PAGE} {'is stale: run make docs' if check else 'rewritten'}\n")
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())
