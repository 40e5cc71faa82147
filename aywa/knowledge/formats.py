"""What is text in a file: plain text, Markdown, HTML and PDF."""

from __future__ import annotations

from html.parser import HTMLParser
from io import BytesIO

from aywa.errors import AywaError

MAX_CHARACTERS = 8_000_000  # of one file, some thousand pages
MAX_PAGES = 3000
TYPES = ("text/*", "application/pdf", "application/xhtml+xml", "application/octet-stream")
_BY_NAME = {
    "pdf": "application/pdf",
    "htm": "text/html",
    "html": "text/html",
    "xhtml": "text/html",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "txt": "text/plain",
    "text": "text/plain",
    "csv": "text/csv",
}
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "nav", "svg"})
_BREAKS = frozenset(
    {"p", "div", "section", "article", "li", "tr", "table", "ul", "ol", "dl", "dt", "dd", "main"}
)
_BREAKS |= {"blockquote", "pre", "figure", "header", "footer"}
_LEVELS = {f"h{level}": "#" * level for level in range(1, 7)}


class UnreadableFileError(AywaError):
    """There is no text in the file that could be searched."""

    http_status = 422
    code = "unreadable-file"


def kind_of(mimetype: str, name: str) -> str:
    """The media type that a file is read as; "" for one that is not read."""
    plain = mimetype.partition(";")[0].strip().lower()
    if plain in ("application/pdf", "text/html"):
        return plain
    if plain == "application/xhtml+xml":
        return "text/html"
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if plain.startswith("text/"):
        return _BY_NAME.get(suffix, plain) if plain == "text/plain" else plain
    return _BY_NAME.get(suffix, "") if plain == "application/octet-stream" else ""


def text_of(content: bytes, kind: str) -> str:
    """The text of a file, with Markdown's headings. Raises UnreadableFileError.

    What is read comes from strangers and PDF is a wide format: call it in a process of its own.
    """
    if kind == "application/pdf":
        text = _of_pdf(content)
    elif kind == "text/html":
        text = _of_html(decoded(content))
    else:
        text = decoded(content)
    text = text[:MAX_CHARACTERS]
    if not any(character.isalnum() for character in text):
        raise UnreadableFileError
    return text


def decoded(content: bytes) -> str:
    """Text by its byte order mark, as UTF-8, or as Windows-1252, which takes whatever is left."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if content.count(0) > len(content) // 1000:
            raise UnreadableFileError("The file is no text: save it as UTF-8") from None
        return content.decode("cp1252", "replace")


def _of_pdf(content: bytes) -> str:
    from pypdf import PdfReader  # only whoever reads PDF pays for it
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFileError("The PDF has a password")
        pages = []
        for page in reader.pages[:MAX_PAGES]:
            pages.append(page.extract_text())
            if sum(map(len, pages)) > MAX_CHARACTERS:
                break
    except UnreadableFileError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadableFileError(f"The PDF cannot be read ({type(error).__name__})") from error
    text = "\n\n".join(pages)
    if not any(character.isalnum() for character in text):
        raise UnreadableFileError("The PDF has pictures only: there is no text in it")
    return text


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _LEVELS:
            self.parts.append(f"\n\n{_LEVELS[tag]} ")
        elif tag in _BREAKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _LEVELS or tag in _BREAKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def _of_html(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    parser.close()
    return "".join(parser.parts)
