"""What is logged has neither secrets nor people in it, whoever wrote it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from aywa.log import Pii, configure_logging, get_logger, log_of_call
from aywa.redaction import MAX_TEXT, REDACTED, is_private, redact, redact_text

SECRETS = {
    "bearer": ("Authorization: Bearer abcDEF123456.xyz-7", "abcDEF123456"),
    "basic": ("sent basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNz"),
    "digest": ('Digest username="bob", response="6629fae49393a053"', "6629fae4"),
    "our key": ("used aywa_rt_0123456789abcdefghijABCDEFGHIJ0123456789ABCDEFGHIJ", "0123456789abc"),
    "provider key": ("refused sk-proj-AbCdEf0123456789", "AbCdEf01"),
    "webhook secret": ("signed with whsec_c2VjcmV0c2VjcmV0", "c2VjcmV0"),
    "cloud key": ("AKIAIOSFODNN7EXAMPLE is not valid", "IOSFODNN7"),
    "token of three parts": ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "c2lnbmF0"),
    "carrier account": ("ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa said no", "aaaaaaaa"),
    "password": ("the password=hunter2secret was wrong", "hunter2"),
    "json": ('{"apiKey": "zzz-very-secret", "x": 1}', "very-secret"),
    "login in a URL": ("postgresql://aywa:hunter2@db.internal/x", "hunter2"),
    "query": ("GET https://a.example/hook?key=hunter2&a=b", "hunter2"),
    "sdes": ("a=crypto:1 AES_CM_128 inline:WVNfX19zZW1jdGwg", "WVNfX19z"),
    "number": ("dialled +49 30 1234567 twice", "1234567"),
    "number in a word": ("tool book_4111111111111111 is unknown", "4111"),
    "number in a path": ("/call/4930123456", "4930"),
    "national number": ("dialled 030 1234-567", "1234"),
    "american number": ("dialled (555) 010-0199", "010-0199"),
    "card": ("4111 1111 1111 1111 was said", "1111 1111"),
    "card in one": ("5500005555555559", "55000055"),
    "sip": ('"Erika" <sip:erika.m@192.0.2.1>', "erika.m"),
    "sip number": ("sip:+4930123456@pbx", "4930123456"),
    "tel": ("tel:+49-30-1234", "30-1234"),
    "mail": ("erika@example.com wrote", "erika@"),
}
HARMLESS = (
    "connected to 192.0.2.10:5060 and [2001:db8::1]:5061",
    "2026-11-22T02:36:13.123Z",
    "call 0b5c1f6e-7d5e-4d50-9a3e-1b2c3d4e5f60 ended",
    "call 12345678-1234-4234-9234-123456789012 ended",
    "2026-11-22 02:36:13 of 1234 calls",
    "RUNTIME_MAX_CALLS calls are live",
    "/opt/aywa/lib/python3.11/site-packages/aywa/call/live.py:220",
    "codec PCMU at 8000 Hz, 20 ms, payload type 101",
)


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_what_has_the_shape_of_a_secret_is_replaced(text: str, secret: str) -> None:
    told = redact_text(text)
    assert secret not in told
    assert REDACTED in told
    assert secret not in json.dumps(redact({"detail": [text], text: 1}))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_helps_an_operator_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "name",
    ["text", "spoken", "transcript", "X-Api-Key", "apiKey", "authToken", "password", "from", "arguments",
     "webhook_secret", "customer", "digits", "Authorization", "clientSecret", "ha1", "phoneNumber"],
)  # fmt: skip
def test_what_stands_under_a_private_name_is_never_printed(name: str) -> None:
    assert is_private(name)
    assert redact({name: {"deep": ["words of mine"]}}) == {name: REDACTED}
    assert redact({name: None}) == {name: None}


@pytest.mark.parametrize("name", ["completion_tokens", "codec", "call_id", "trunk", "took_ms", "key_id"])
def test_figures_have_their_names(name: str) -> None:
    assert redact({name: 5}) == {name: 5}


@given(
    st.recursive(
        st.text() | st.integers() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_anything_can_be_redacted_and_is_bounded(value: object) -> None:
    json.dumps(redact(value))
    assert len(redact_text("a b " * MAX_TEXT)) <= MAX_TEXT


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "a@" * 5_000, "sip:" + "a" * 9_000, "(1 " * 3_000, "key=" * 3_000]
)
def test_no_text_takes_long(text: str) -> None:
    assert len(redact_text(text)) <= 2 * MAX_TEXT + len(REDACTED) * MAX_TEXT


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A log of JSON lines; what was set before is put back."""
    kept, root, captured = structlog.get_config(), logging.getLogger(), warnings.showwarning
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    configure_logging(stream=written)
    yield written
    logging.captureWarnings(capture=False)
    structlog.configure(**kept)
    root.handlers[:], warnings.showwarning = handlers, captured
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_exception_is_its_places(stream: io.StringIO) -> None:
    logger = structlog.get_logger()
    try:
        raise ValueError("my name is Erika")
    except ValueError:
        logger.error("failed", exc_info=True, detail=Pii("Erika"), text="Erika", number="+4930123456")
        logging.getLogger("other").exception("Error in %s", "Erika")
    ours, theirs = lines(stream)
    assert "Erika" not in stream.getvalue()
    assert "4930" not in stream.getvalue()
    assert ours["exception"][0].startswith("ValueError at ")
    assert (theirs["event"], theirs["component"], theirs["level"]) == ("Error in %s", "other", "error")
    assert theirs["exception"][0].startswith("ValueError at ")


def test_others_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET %s", "https://secret.example")
    logging.getLogger("asyncpg").warning("password=hunter2")
    (line,) = lines(stream)
    assert "hunter2" not in line["event"]


def test_lines_of_a_call_name_it_and_are_heard_by_it(stream: io.StringIO) -> None:
    heard: list[Any] = []

    def listen(line: Any) -> None:
        heard.append(line)
        get_logger("listener").info("from within")

    with log_of_call("call-1", listen):
        get_logger("calls").info("asked +4930123456", text="hello")
    get_logger("calls").info("not of a call")
    assert [(line["event"], line["call_id"]) for line in heard] == [(f"asked {REDACTED}", "call-1")]
    assert heard[0]["text"] == REDACTED
    assert [line.get("call_id") for line in lines(stream)] == ["call-1", "call-1", None]


@pytest.mark.parametrize("where", ["main", "thread", "destructor"])
def test_what_ends_a_process_is_logged_without_its_message(where: str) -> None:
    program = f"""
import threading
from aywa.log import configure_logging, install_crash_log
configure_logging()
install_crash_log()
class Thing:
    def __del__(self):
        raise KeyError("canary")
def fail():
    raise ValueError("canary")
if {where!r} == "destructor":
    Thing()
elif {where!r} == "thread":
    thread = threading.Thread(target=fail); thread.start(); thread.join()
else:
    fail()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == (where == "main")
    assert "canary" not in done.stderr + done.stdout
    assert "Error at" in json.loads(done.stderr.splitlines()[0])["places"][0]
