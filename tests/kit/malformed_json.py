"""188 documents that are no JSON, or none that everybody reads alike; made by rules, the same every time."""

from __future__ import annotations

import json

WHOLE = json.dumps({"results": [{"toolCallId": "t1", "result": {"rooms": [1, 2.5, True, None, "a\\u00e4"]}}]})
_ANSWER = '{{"results":[{{"toolCallId":"t1","result":{0}}}]}}'
_VALUES = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "nan small": "nan",
    "too large": "1e999",
    "too small": "-1e999",
    "many digits": "9" * 400,
    "digits without end": "9" * 5000,
    "leading zero": "007",
    "plus": "+1",
    "bare point": ".5",
    "point at the end": "1.",
    "bare exponent": "1e",
    "hexadecimal": "0x10",
    "octal": "0o7",
    "underscore": "1_000",
    "comma": "1,5 ",
    "single quotes": "'a'",
    "backquotes": "`a`",
    "bare word": "yes",
    "python true": "True",
    "python none": "None",
    "undefined": "undefined",
    "half a pair": '"\\ud800"',
    "second half": '"\\udc00"',
    "pair the wrong way": '"\\udc00\\ud800"',
    "short escape": '"\\u12"',
    "unknown escape": '"\\x41"',
    "escape at the end": '"a\\',
    "newline in a string": '"a\nb"',
    "tab in a string": '"a\tb"',
    "null in a string": '"a\0b"',
    "bell in a string": '"a\x07b"',
    "string that does not end": '"a',
    "comma at the end of a list": "[1,2,]",
    "comma at the end of an object": '{"a":1,}',
    "two commas": "[1,,2]",
    "comma first": "[,1]",
    "no comma": "[1 2]",
    "no colon": '{"a" 1}',
    "two colons": '{"a"::1}',
    "bare name": "{a:1}",
    "number as a name": "{1:1}",
    "null as a name": "{null:1}",
    "name without a value": '{"a":}',
    "name twice": '{"a":1,"a":2}',
    "name twice by an escape": '{"a":1,"\\u0061":2}',
    "list ends as an object": "[1}",
    "object ends as a list": '{"a":1]',
    "comment of C": "1 /* one */",
    "comment of a line": "1 // one\n",
    "hash comment": "1 # one\n",
    "deep lists": "[" * 300 + "]" * 300,
    "deep objects": '{"a":' * 200 + "1" + "}" * 200,
    "very deep lists": "[" * 20_000 + "]" * 20_000,
    "lists without end": "[" * 100_000,
    "objects without end": '{"a":' * 50_000,
    "html": "<b>1</b>",
    "xml": "<?xml version='1.0'?><a/>",
    "yaml": "- 1\n- 2",
    "empty": "",
    "blank": " ",
}
_WHOLES = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "utf-16": WHOLE.encode("utf-16"),
    "utf-16 le": WHOLE.encode("utf-16-le"),
    "utf-16 be": WHOLE.encode("utf-16-be"),
    "utf-32": WHOLE.encode("utf-32"),
    "utf-32 be": WHOLE.encode("utf-32-be"),
    "utf-7": b"+AHsAIg-a+ACI:1+AH0-",
    "ebcdic": WHOLE.encode("cp500"),
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + WHOLE.encode(),
    "byte order mark behind": WHOLE.encode() + b"\xef\xbb\xbf",
    "half a byte order mark": b"\xef\xbb" + WHOLE.encode(),
    "latin-1": '{"result":"fünf"}'.encode("latin-1"),
    "cut utf-8": '{"result":"ü"}'.encode().replace(b"\xbc", b""),
    "overlong utf-8": b'{"result":"\xc0\xaf"}',
    "surrogate in utf-8": b'{"result":"\xed\xa0\x80"}',
    "beyond unicode": b'{"result":"\xf5\x80\x80\x80"}',
    "continuation alone": b'{"result":"\x80"}',
    "null behind": WHOLE.encode() + b"\0",
    "null before": b"\0" + WHOLE.encode(),
    "two documents": WHOLE.encode() * 2,
    "lines of documents": WHOLE.encode() + b"\n" + WHOLE.encode(),
    "text behind": WHOLE.encode() + b" ok",
    "text before": b"ok " + WHOLE.encode(),
    "guard of scripts": b")]}',\n" + WHOLE.encode(),
    "a callback": b"done(" + WHOLE.encode() + b")",
    "a fence": b"```json\n" + WHOLE.encode() + b"\n```",
    "a page": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "a form": b"results=1&toolCallId=t1",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(40),
    "an event": b"data: " + WHOLE.encode() + b"\n\n",
    "multipart": b"--a\r\n\r\n" + WHOLE.encode() + b"\r\n--a--",
    "a list": b"[1, 2]",
    "a string": b'"done"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "other brackets": WHOLE.translate(str.maketrans("{}[]", "<>()")).encode(),
    "no brackets": WHOLE.strip("{}").encode(),
    "closed first": b"}" + WHOLE.encode(),
}
COUNT = 188


def malformed() -> dict[str, bytes]:
    """By what is wrong with it."""
    found = {
        f"value: {name}": _ANSWER.format(value).encode("utf-8", "surrogatepass")
        for name, value in _VALUES.items()
    }
    found |= {f"whole: {name}": body for name, body in _WHOLES.items()}
    lengths = len(WHOLE) - 1
    missing = COUNT - len(found)
    for number in range(missing):
        cut = 1 + number * lengths // missing
        found[f"cut after {cut}"] = WHOLE[:cut].encode()
    return found
