"""The wires of voices, without a network: requests out, frames in, whatever they hold."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.errors import ProviderError, ProviderFault
from aywa.model.voices import VoiceChoice, parse_voice
from aywa.providers.azure.speech_wire import AzureSpeechWire, ssml
from aywa.providers.cartesia.speech_wire import CartesiaSocketWire
from aywa.providers.deepgram.speech_wire import MAX_FLUSHES, DeepgramHttpWire, DeepgramSocketWire
from aywa.providers.elevenlabs.speech_wire import MAX_CONTEXTS, ElevenLabsHttpWire, ElevenLabsSocketWire
from aywa.providers.openai.speech_wire import OpenAISpeechWire
from aywa.providers.piper.speech_wire import PiperSpeechWire
from aywa.providers.rime.speech_wire import RimeSpeechWire
from aywa.providers.speech.events import Audio, Ended, Failed, SpeechEvent, Words
from aywa.providers.speech.wires import SpeechSession

PCM = b"\x01\x02\x03\x04"
B64 = base64.b64encode(PCM).decode()


def plan(provider: str, **fields: object) -> VoiceChoice:
    """A voice's plan, as it would come in a document."""
    return parse_voice({"provider": provider, "voiceId": "v/1", **fields})


def eleven(transport: str = "multi", **fields: object) -> ElevenLabsSocketWire:
    """ElevenLabs' websocket."""
    return ElevenLabsSocketWire(plan("11labs", transport=transport, **fields), "k", "11labs")


def cartesia(**fields: object) -> CartesiaSocketWire:
    """Cartesia's."""
    return CartesiaSocketWire(plan("cartesia", **fields), "k", "cartesia")


def deepgram(**fields: object) -> DeepgramSocketWire:
    """Deepgram's."""
    return DeepgramSocketWire(plan("deepgram", **fields), "k", "deepgram")


SESSIONS = {
    "elevenlabs-multi": lambda: eleven().session(),
    "elevenlabs-single": lambda: eleven("single").session(),
    "cartesia": lambda: cartesia().session(),
    "deepgram": lambda: deepgram().session(),
}


def said(*frames: str) -> list[dict[str, object]]:
    """Messages as objects."""
    return [json.loads(frame) for frame in frames]


def test_elevenlabs_asks_for_a_phrase_in_a_context_of_its_own() -> None:
    wire = eleven(stability=0.4, speed=1.1, language="de-AT", enableSsmlParsing=True)
    assert wire.path == (
        "/v1/text-to-speech/v%2F1/multi-stream-input?model_id=eleven_flash_v2_5&output_format=pcm_8000"
        "&inactivity_timeout=180&sync_alignment=true&auto_mode=true&language_code=de&enable_ssml_parsing=true"
    )
    assert wire.headers == {"xi-api-key": "k"}
    session = wire.session()
    assert session.hello() == []
    assert said(*session.begin("p1", "Hello.", 0.0)) == [
        {"text": " ", "voice_settings": {"stability": 0.4, "speed": 1.1}, "context_id": "p1"},
        {"text": "Hello. ", "context_id": "p1", "flush": True},
        {"context_id": "p1", "close_context": True},
    ]


def test_elevenlabs_single_says_its_settings_first() -> None:
    session = eleven("single", style=0.2).session()
    assert said(*session.hello()) == [{"text": " ", "voice_settings": {"style": 0.2}}]
    assert said(*session.begin("p1", "Hello.", 0.0)) == [{"text": "Hello. ", "flush": True}, {"text": ""}]


@pytest.mark.parametrize("name", ["contextId", "context_id"])
def test_elevenlabs_frames(name: str) -> None:
    session = eleven().session()
    session.begin("p1", "Hi you", 0.0)
    alignment = {
        "chars": list("Hi y"),
        "charStartTimesMs": [0, 50, 100, 250],
        "charDurationsMs": [50, 50, 150, 50],
    }
    table: list[tuple[dict[str, object], list[SpeechEvent]]] = [
        ({"audio": B64, "alignment": None, name: "other"}, []),
        (
            {"audio": base64.b64encode(bytes(8000)).decode(), "alignment": alignment, name: "p1"},
            [Words("p1", (("Hi", 0.0), ("you", 0.25))), Audio("p1", bytes(8000))],
        ),
        (
            {"audio": B64, "alignment": {"chars": ["o", "u"], "charStartTimesMs": [0, 9]}, name: "p1"},
            [Audio("p1", PCM)],
        ),
        ({"status": "something new", name: "p1"}, []),
        ({"isFinal": True, name: "p1"}, [Ended("p1")]),
        ({"audio": B64, name: "p1"}, []),
    ]
    for frame, events in table:
        assert session.receive(json.dumps(frame)) == events


def test_elevenlabs_words_count_from_where_their_piece_begins() -> None:
    session = eleven().session()
    session.begin("p1", "One two", 0.0)
    first = {"chars": list("One "), "charStartTimesMs": [0, 10, 20, 30]}
    second = {"chars": list("two"), "charStartTimesMs": [20, 30, 40]}
    half_a_second = base64.b64encode(bytes(8000)).decode()
    events = session.receive(json.dumps({"audio": half_a_second, "alignment": first, "contextId": "p1"}))
    events += session.receive(json.dumps({"audio": half_a_second, "alignment": second, "contextId": "p1"}))
    assert [event.words for event in events if isinstance(event, Words)] == [
        (("One", 0.0),),
        (("two", 0.52),),
    ]


def test_elevenlabs_counts_contexts_until_they_have_ended() -> None:
    session = eleven().session()
    for number in range(MAX_CONTEXTS):
        assert session.room(0.0)
        session.begin(f"p{number}", "Hello.", 0.0)
        assert session.cancel(f"p{number}") == []
    assert not session.room(0.0)
    session.receive(json.dumps({"isFinal": True, "contextId": "p3"}))
    assert session.room(0.0)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("invalid_api_key", ProviderFault.UNAUTHORISED),
        ("quota_exceeded", ProviderFault.FUNDS),
        ("max_active_conversations", ProviderFault.RATE_LIMITED),
        ("voice_id_does_not_exist", ProviderFault.BAD_REQUEST),
        ("input_timeout_exceeded", ProviderFault.CLOSED),
    ],
)
def test_elevenlabs_errors(code: str, fault: ProviderFault) -> None:
    frame = {"message": "You said: my card number is", "error": code, "code": 1008}
    (failed,) = eleven().session().receive(json.dumps(frame))
    assert isinstance(failed, Failed)
    assert failed.context is None
    assert (failed.error.fault, failed.error.close_code) == (fault, 1008)
    assert "card" not in failed.error.detail


def test_elevenlabs_request() -> None:
    fields = {"transport": "http", "model": "eleven_v3", "optimizeStreamingLatency": 3, "similarityBoost": 1}
    wire = ElevenLabsHttpWire(plan("11labs", **fields), "k", "11labs")
    request = wire.request("Hello.")
    assert request.path == (
        "/v1/text-to-speech/v%2F1/stream?output_format=pcm_8000&optimize_streaming_latency=3"
    )
    assert json.loads(request.body) == {
        "text": "Hello.",
        "model_id": "eleven_v3",
        "voice_settings": {"similarity_boost": 1.0},
    }


def test_cartesia_request_and_frames() -> None:
    wire = cartesia(language="es", speed=1.2, generationConfig={"volume": 0.8}, pronunciationDictId="d1")
    assert wire.headers["X-API-Key"] == "k"
    session = wire.session()
    (asked,) = said(*session.begin("p1", "Hola.", 0.0))
    assert asked == {
        "model_id": "sonic-2",
        "voice": {"mode": "id", "id": "v/1"},
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8000},
        "add_timestamps": True,
        "continue": False,
        "max_buffer_delay_ms": 0,
        "language": "es",
        "generation_config": {"volume": 0.8, "speed": 1.2},
        "pronunciation_dict_id": "d1",
        "context_id": "p1",
        "transcript": "Hola.",
    }
    stamps = {"words": ["Hola."], "start": [0.1], "end": [0.4]}
    table: list[tuple[dict[str, object], list[SpeechEvent]]] = [
        ({"type": "chunk", "data": B64, "context_id": "p9"}, []),
        (
            {"type": "timestamps", "context_id": "p1", "word_timestamps": stamps},
            [Words("p1", (("Hola.", 0.1),))],
        ),
        ({"type": "chunk", "data": B64, "done": False, "context_id": "p1"}, [Audio("p1", PCM)]),
        ({"type": "flush_done", "flush_done": True, "context_id": "p1"}, []),
        ({"type": "phoneme_timestamps", "phoneme_timestamps": {}, "context_id": "p1"}, []),
        ({"type": "done", "done": True, "context_id": "p1"}, [Ended("p1")]),
        ({"type": "chunk", "data": B64, "context_id": "p1"}, []),
    ]
    for frame, events in table:
        assert session.receive(json.dumps(frame)) == events


def test_cartesia_cancels_by_name_and_hears_no_more_of_it() -> None:
    session = cartesia().session()
    session.begin("p1", "One.", 0.0)
    session.begin("p2", "Two.", 0.0)
    assert said(*session.cancel("p1")) == [{"context_id": "p1", "cancel": True}]
    assert session.cancel("p1") == []
    assert session.receive(json.dumps({"type": "chunk", "data": B64, "context_id": "p1"})) == []
    assert session.receive(json.dumps({"type": "chunk", "data": B64, "context_id": "p2"})) == [
        Audio("p2", PCM)
    ]


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, ProviderFault.UNAUTHORISED),
        (402, ProviderFault.FUNDS),
        (404, ProviderFault.BAD_REQUEST),
        (429, ProviderFault.RATE_LIMITED),
        (500, ProviderFault.UNAVAILABLE),
        ("what", ProviderFault.UNAVAILABLE),
    ],
)
def test_cartesia_errors_are_of_their_phrase(status: object, fault: ProviderFault) -> None:
    session = cartesia().session()
    session.begin("p1", "One.", 0.0)
    frame = {"type": "error", "status_code": status, "context_id": "p1", "message": "about what was said"}
    (failed,) = session.receive(json.dumps(frame))
    assert isinstance(failed, Failed)
    assert (failed.context, failed.error.fault) == ("p1", fault)
    assert "said" not in failed.error.detail


def test_deepgram_speaks_one_phrase_at_a_time() -> None:
    wire = deepgram(voiceId="Thalia", speed=1.2, mipOptOut=True)
    assert wire.path == (
        "/v1/speak?model=aura-2-thalia-en&encoding=linear16&sample_rate=8000&speed=1.2&mip_opt_out=true"
    )
    assert wire.headers == {"Authorization": "Token k"}
    session = wire.session()
    assert said(*session.begin("p1", "Hello.", 0.0)) == [
        {"type": "Speak", "text": "Hello."},
        {"type": "Flush"},
    ]
    assert not session.room(0.0)
    assert session.receive(json.dumps({"type": "Metadata", "request_id": "r"})) == []
    assert session.receive(PCM) == [Audio("p1", PCM)]
    assert session.receive(json.dumps({"type": "Warning", "code": "W", "description": "d"})) == []
    assert session.receive(json.dumps({"type": "Flushed", "sequence_id": 0})) == [Ended("p1")]
    assert session.receive(PCM) == []
    assert session.room(0.0)


def test_deepgram_rests_until_a_clear_is_confirmed() -> None:
    session = deepgram().session()
    session.begin("p1", "Hello.", 0.0)
    assert said(*session.cancel("p1")) == [{"type": "Clear"}]
    assert session.receive(PCM) == []
    assert session.receive(json.dumps({"type": "Flushed", "sequence_id": 0})) == []
    assert not session.room(0.0)
    session.receive(json.dumps({"type": "Cleared", "sequence_id": 1}))
    assert session.room(0.0)


def test_deepgram_takes_so_many_phrases_a_minute() -> None:
    session = deepgram().session()
    for number in range(MAX_FLUSHES):
        assert session.room(float(number))
        session.begin(f"p{number}", "Hello.", float(number))
        session.receive(json.dumps({"type": "Flushed", "sequence_id": number}))
    assert not session.room(59.9)
    assert session.room(60.0)


def test_deepgram_splits_what_is_longer_than_a_message() -> None:
    text = "word " * 900
    spoken = said(*deepgram().session().begin("p1", text, 0.0))
    assert "".join(str(message.get("text", "")) for message in spoken) == text
    assert all(len(str(message.get("text", ""))) <= 2000 for message in spoken)


def test_deepgram_request() -> None:
    request = DeepgramHttpWire(plan("deepgram", voiceId="aura-asteria-en"), "k", "deepgram").request("Hi.")
    assert request.path == "/v1/speak?model=aura-asteria-en&encoding=linear16&sample_rate=8000&container=none"
    assert json.loads(request.body) == {"text": "Hi."}


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://api.openai.com", "/v1/audio/speech"),
        ("http://gpu.example:8880/v1", "/audio/speech"),
        ("http://gpu.example/tts", "/v1/audio/speech"),
    ],
)
def test_openai_request(base: str, path: str) -> None:
    fields = {"model": "gpt-4o-mini-tts", "instructions": "Whisper.", "speed": 0.5}
    request = OpenAISpeechWire(plan("openai", **fields), "k", "openai", base).request("Hi.")
    assert request.path == path
    assert request.headers["Authorization"] == "Bearer k"
    assert json.loads(request.body) == {
        "model": "gpt-4o-mini-tts",
        "voice": "v/1",
        "response_format": "pcm",
        "speed": 0.5,
        "instructions": "Whisper.",
        "input": "Hi.",
    }


def test_a_server_of_ones_own_needs_no_key() -> None:
    wire = OpenAISpeechWire(plan("openai-compatible"), "", "own", "http://gpu.example")
    assert "Authorization" not in wire.request("Hi.").headers


@pytest.mark.parametrize(
    ("model", "speed", "expected"),
    [
        ("mistv2", 1.25, {"speedAlpha": 0.8, "lang": "spa"}),
        ("arcana", 1.25, {"timeScaleFactor": 0.8, "lang": "es"}),
        ("coda", 1.0, {"lang": "es"}),
    ],
)
def test_rime_request(model: str, speed: float, expected: dict[str, object]) -> None:
    wire = RimeSpeechWire(plan("rime-ai", model=model, speed=speed, language="es-MX"), "k", "rime-ai")
    request = wire.request("Hola.")
    assert request.headers["Accept"] == "audio/PCMU"
    assert json.loads(request.body) == {
        "speaker": "v/1",
        "modelId": model,
        "samplingRate": 8000,
        "text": "Hola.",
        **expected,
    }


def test_piper_request() -> None:
    wire = PiperSpeechWire(plan("piper", speed=2.0, speakerId=3, noiseWScale=0.5), "piper")
    request = wire.request("Hi.")
    assert request.path == "/synthesize"
    assert json.loads(request.body) == {
        "voice": "v/1",
        "speaker_id": 3,
        "length_scale": 0.5,
        "noise_w_scale": 0.5,
        "text": "Hi.",
    }


def test_azure_document() -> None:
    document = ssml(plan("azure", voiceId="de-DE-KatjaNeural", speed=1.25), 'Tom & "Jerry" <break/>')
    assert document == (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="de-DE">'
        '<voice name="de-DE-KatjaNeural"><prosody rate="1.25">Tom &amp; "Jerry" &lt;break/&gt;</prosody>'
        "</voice></speak>"
    )


@given(st.text(max_size=200), st.text(min_size=1, max_size=40), st.sampled_from([0.5, 1.0, 1.37]))
def test_no_text_is_markup_for_azure(text: str, voice: str, speed: float) -> None:
    choice = plan("azure", voiceId=voice, speed=speed)
    request = AzureSpeechWire(choice, "k", "azure").request(text)
    root = ET.fromstring(request.body)
    elements = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert elements == ["speak", "voice", "prosody"] if speed != 1.0 else ["speak", "voice"]
    heard = "".join(root.itertext())
    assert len(heard.replace("\r\n", "\n")) <= len(text)
    kept = "".join(character for character in text if character.isalnum() and character.isascii())
    assert kept in "".join(character for character in heard if character.isalnum() and character.isascii())


@pytest.mark.parametrize("kind", ["text/html", "application/json; charset=utf-8", "TEXT/plain"])
def test_text_in_place_of_audio_is_an_error(kind: str) -> None:
    wires = (
        ElevenLabsHttpWire(plan("11labs"), "k", "x"),
        DeepgramHttpWire(plan("deepgram"), "k", "x"),
        OpenAISpeechWire(plan("openai"), "k", "x", "https://x.example"),
        AzureSpeechWire(plan("azure"), "k", "x"),
        RimeSpeechWire(plan("rime-ai"), "k", "x"),
    )
    for wire in wires:
        with pytest.raises(ProviderError) as raised:
            wire.edge({"content-type": kind})
        assert raised.value.fault is ProviderFault.PROTOCOL


MALFORMED = (
    "",
    "{",
    "[]",
    "null",
    '"text"',
    "[" * 100_000,
    b"\xff\xfe",
)
BROKEN = {
    "elevenlabs-multi": (
        {"contextId": "p1", "audio": "!!!"},
        {"contextId": "p1", "audio": 7},
        {"contextId": "p1", "alignment": []},
        {"contextId": "p1", "alignment": {"chars": [1], "charStartTimesMs": [0]}},
        {"contextId": "p1", "alignment": {"chars": ["a"], "charStartTimesMs": ["0"]}},
        {"contextId": "p1", "alignment": {"chars": ["a"], "charStartTimesMs": [10**400]}},
    ),
    "cartesia": (
        {"type": "chunk", "context_id": "p1"},
        {"type": "chunk", "context_id": "p1", "data": "ü"},
        {"type": "timestamps", "context_id": "p1"},
        {"type": "timestamps", "context_id": "p1", "word_timestamps": {"words": [None], "start": [0]}},
    ),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_malformed_frames_are_told_as_such(name: str) -> None:
    frames = [frame for frame in MALFORMED if name != "deepgram" or isinstance(frame, str)]
    for frame in (*frames, *(json.dumps(one) for one in BROKEN.get(name, ()))):
        session: SpeechSession = SESSIONS[name]()
        session.begin("p1", "Hello.", 0.0)
        with pytest.raises(ProviderError) as raised:
            session.receive(frame)
        assert raised.value.fault is ProviderFault.PROTOCOL


_names = st.sampled_from(["p1", "p2", "p9", "", "x"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(B64),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_fields = {
    "audio": _values,
    "data": _values,
    "alignment": _values
    | st.fixed_dictionaries({"chars": st.lists(st.text(max_size=2)), "charStartTimesMs": _values}),
    "isFinal": _values,
    "is_final": _values,
    "type": st.sampled_from(
        ["chunk", "done", "timestamps", "error", "Flushed", "Cleared", "Metadata", "Warning", "?"]
    )
    | _values,
    "word_timestamps": _values | st.fixed_dictionaries({"words": _values, "start": _values}),
    "status_code": _values,
    "error": _values,
    "code": _values,
    "message": _values,
}
_frames = (
    st.fixed_dictionaries({}, optional={**_fields, "contextId": _names, "context_id": _names}).map(json.dumps)
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
_steps = st.lists(st.tuples(st.sampled_from(["begin", "cancel", "frame", "frame"]), _frames), max_size=12)


@pytest.mark.parametrize("name", SESSIONS)
@settings(max_examples=150, deadline=None)
@given(steps=_steps)
def test_whatever_comes_is_an_event_of_an_open_phrase_or_an_error(
    name: str, steps: list[tuple[str, str | bytes]]
) -> None:
    """No other exception; nothing of a phrase that was left, that ended, or that nobody began."""
    session: SpeechSession = SESSIONS[name]()
    wanted: list[str] = []
    begun = 0
    for kind, frame in steps:
        if kind == "begin" and session.room(0.0):
            begun += 1
            wanted.append(f"p{begun}")
            session.begin(wanted[-1], "Some words.", 0.0)
        elif kind == "cancel" and wanted:
            left = wanted.pop()
            session.cancel(left)
            if name.startswith("elevenlabs"):
                wanted.append(left)  # by name it is the lane that lets nothing through
        elif kind == "frame":
            try:
                events = session.receive(frame)
            except ProviderError:
                continue
            for event in events:
                assert event.context in wanted or isinstance(event, Failed)
                if isinstance(event, Ended) or (isinstance(event, Failed) and event.context in wanted):
                    wanted.remove(event.context)
