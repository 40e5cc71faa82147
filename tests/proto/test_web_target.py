"""URLs from outside: what is read, what is refused, and which fields may be added."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.public_ip import is_public
from aywa.proto.web_headers import MAX_FIELDS, dynamic_headers, operator_headers
from aywa.proto.web_target import MAX_URL, WebTarget, parse_web_target


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://Voice.Example.com", WebTarget("https", "voice.example.com", 443, "/")),
        ("HTTP://a.b:8080/x?y=1#z", WebTarget("http", "a.b", 8080, "/x?y=1")),
        ("http://a?x", WebTarget("http", "a", 80, "/?x")),
        (
            "https://bücher.example/ü?ß=<",
            WebTarget("https", "xn--bcher-kva.example", 443, "/%C3%BC?%C3%9F=%3C"),
        ),
        ("http://192.0.2.1:80/%20", WebTarget("http", "192.0.2.1", 80, "/%20")),
        ("http://[2001:DB8:0::1]:81/", WebTarget("http", "2001:db8::1", 81, "/")),
        ("http://n8n_main:5678/", WebTarget("http", "n8n_main", 5678, "/")),
        ("https://x-1.example:/", WebTarget("https", "x-1.example", 443, "/")),
    ],
)
def test_what_a_url_means(url: str, target: WebTarget) -> None:
    assert parse_web_target(url) == target
    assert parse_web_target(target.url) == target


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "http://",
            "http:///x",
            "https:// a/",
            "ftp://a/",
            "file:///etc/passwd",
            "javascript:1",
            "//a/",
        ),
        *("http://u@a/", "http://u:p@a/", "http://@a/", "http://a:0/", "http://a:65536/", "http://a:1:2/"),
        *(
            "http://a..b/",
            "http://a./",
            "http://.a/",
            "http://-a/",
            "http://a%2eb/",
            "http://a\\b/",
            "http://a\n/",
        ),
        *("http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://1.2.3.4.5/", "http://01.2.3.4/"),
        *("http://1.2.3.256/", "http://[::1%25lo]/", "http://[1.2.3.4]/", "http://[::1/", "http://::1/"),
        *("http://[::1]x/", "http://a\u2028/", "http://" + "a" * 64 + "/", "http://a.b/" + "x" * MAX_URL),
        *("http://a.0x/", "http://\ud800/", "http://a/\ud800"),
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_web_target(url)
    assert not url or url not in refusal.value.detail


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_a_fault(text: str) -> None:
    for url in (text, f"http://{text}", f"https://a.example/{text}"):
        try:
            target = parse_web_target(url)
        except ParseError:
            continue
        assert parse_web_target(target.url) == target
        assert target.url.isascii()
        assert target.url.isprintable()


@given(st.text(max_size=60))
def test_any_reference_is_a_target_or_a_fault(text: str) -> None:
    try:
        parse_web_target("https://a.example/x/y?z").joined(text)
    except ParseError:
        return


def test_a_reference_is_read_from_where_it_stands() -> None:
    base = parse_web_target("https://a.example/x/y?z")
    assert base.joined("../w").url == "https://a.example/w"
    assert base.joined("//b.example").url == "https://b.example/"
    assert base.joined("http://[::1]:8/").host == "::1"


def test_fields_of_an_operator_and_of_a_model() -> None:
    given = {
        "Authorization": "a",
        "Cookie": "b",
        "X-API-Key": "c",
        "x-auth-token": "d",
        "X-Amz-Security-Token": "e",
        "X-Forwarded-For": "f",
        "X-Vapi-Secret": "g",
        "webhook-signature": "h",
        "Proxy-Authorization": "i",
        "X-Order": " 1 ",
        "Accept": "text/plain",
        "Host": "h",
        "transfer-encoding": "chunked",
        "X-Ü": "1",
        "X-Break": "a\r\nb",
        "X\r\nY": "1",
        "X-Long": "x" * 9000,
    }
    assert dynamic_headers(given) == [("X-Order", "1"), ("Accept", "text/plain")]
    assert dict(operator_headers(given)).keys() == {
        *("Authorization", "Cookie", "X-API-Key", "x-auth-token", "X-Amz-Security-Token", "X-Forwarded-For"),
        *("X-Vapi-Secret", "webhook-signature", "Proxy-Authorization", "X-Order", "Accept"),
    }
    assert len(dynamic_headers({f"X-{number}": "1" for number in range(100)})) == MAX_FIELDS


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("192.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.88.99.1"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:c0a8:101::1"),
        *(
            "2001:0:808:808::80ff:fffe",
            "2001:db8::1",
            "3fff::1",
            "2606:4700::5efe:a00:1",
            "100::1",
            "5f00::1",
        ),
    ],
)
def test_what_is_not_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_what_is(address: str) -> None:
    assert is_public(address)
