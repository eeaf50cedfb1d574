"""What is looked at before a parser sees a byte of XML: the encoding, the version, and that there is no DOCTYPE.

The prolog is scanned on the bytes themselves, so that no declaration is expanded before it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from patto_connectors.errors import Malformed

ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "us-ascii",
    "ascii": "us-ascii",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""The encodings that are taken: each keeps `<` and the letters of a declaration where ASCII or UTF-16 has them."""

_DECLARATION = re.compile(
    r"<\?xml\s+version\s*=\s*(?P<q>[\"'])(?P<version>[^\"']*)(?P=q)"
    r"(?:\s+encoding\s*=\s*(?P<p>[\"'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)(?P=p))?"
    r"(?:\s+standalone\s*=\s*(?:\"(?:yes|no)\"|'(?:yes|no)'))?\s*\?>"
)
_BLANK = " \t\r\n"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_FOREIGN = (b"\x00\x00\xfe\xff", b"\xff\xfe\x00\x00", b"\x00\x00\x00<", b"<\x00\x00\x00", b"Lo\xa7\x94", b"+/v")
_NEEDED = 4


@dataclass(frozen=True, slots=True)
class Prolog:
    """What the first bytes say: the encoding to read the document in, and whether a byte order mark stood there."""

    encoding: str
    marked: bool


def judge(head: bytes, *, final: bool = False) -> Prolog | None:
    """Judge the bytes before the root element; None when more of them are needed.

    Args:
        head: the document from its first byte.
        final: whether these are all its bytes.

    Raises:
        Malformed: `xml.doctype`, `xml.version`, `xml.encoding` or `xml.syntax`.
    """
    if len(head) < _NEEDED and not final:
        return None
    marked, encoding = _family(head)
    text = _text(head, encoding)
    text = text.removeprefix("\ufeff")
    declared, at = _declaration(text, final=final)
    if at < 0:
        return None
    chosen = _agree(encoding, declared, marked=marked)
    return Prolog(chosen, marked) if _reaches_root(text, at, final=final) else None


def _family(head: bytes) -> tuple[bool, str]:
    if head.startswith(_FOREIGN):
        raise _wrong("xml.encoding", "The document is in UTF-32, UTF-7 or EBCDIC, which are not taken.")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return True, encoding
    if head[:2] == b"<\x00":
        return False, "utf-16-le"
    if head[:2] == b"\x00<":
        return False, "utf-16-be"
    return False, "ascii"


def _text(head: bytes, encoding: str) -> str:
    # Markup of the prolog is ASCII in every encoding of the list; other characters stand in comments only.
    if encoding.startswith("utf-16"):
        return head[: len(head) // 2 * 2].decode(encoding, "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _declaration(text: str, *, final: bool) -> tuple[str | None, int]:
    """Give the declared encoding and where the declaration ends; -1 when more bytes are needed."""
    if not text.startswith("<?xml") or text[5:6] not in (*_BLANK, ""):
        return None, 0
    end = text.find("?>")
    if end < 0:
        if final:
            raise _wrong("xml.syntax", "The XML declaration does not end.")
        return None, -1
    found = _DECLARATION.match(text)
    if not found or found.end() != end + 2:
        raise _wrong("xml.syntax", "The XML declaration is not well formed.")
    if found["version"] != "1.0":
        raise _wrong("xml.version", "Only XML 1.0 is taken.")
    return found["encoding"], end + 2


def _agree(family: str, declared: str | None, *, marked: bool) -> str:
    """Give the encoding that mark, first bytes and declaration agree on."""
    name = ENCODINGS.get((declared or "").lower())
    if declared and name is None:
        raise _wrong("xml.encoding", "The declared encoding is not taken.")
    if family.startswith("utf-16"):
        if name not in (None, "utf-16", family) or (name is None and not marked):
            raise _wrong("xml.encoding", "The document is written in UTF-16 but does not say so.")
        return family
    if (name or "").startswith("utf-16") or (family == "utf-8" and name not in (None, "utf-8")):
        raise _wrong("xml.encoding", "The declared encoding is not the one the document is written in.")
    return name or "utf-8"


def _reaches_root(text: str, at: int, *, final: bool) -> bool:
    """Walk over blanks, comments and instructions; True at the root's start tag, False when more is needed."""
    while True:
        while at < len(text) and text[at] in _BLANK:
            at += 1
        rest = text[at : at + 9]
        if rest.startswith("<!--"):
            end, skip = text.find("-->", at + 4), 3
        elif rest.startswith("<?"):
            end, skip = text.find("?>", at + 2), 2
        elif rest.upper().startswith("<!DOCTYPE"):
            raise _wrong("xml.doctype", "The document holds a DOCTYPE.")
        else:
            # A start tag, or something that the parser refuses by itself; "<!DOC" may yet become a DOCTYPE.
            return final or not any(each.startswith(rest.upper()) for each in ("<!DOCTYPE", "<!--"))
        if end < 0:
            if final:
                raise _wrong("xml.syntax", "The document ends before its first element.")
            return False
        at = end + skip


_HINTS = {
    "xml.doctype": "Togliere il DOCTYPE dal documento (remove the DOCTYPE): chi produce il file.",
    "xml.version": "Scrivere il documento in XML 1.0 (write XML 1.0): chi produce il file.",
    "xml.encoding": "Scrivere il documento in UTF-8 e dichiararlo (write and declare UTF-8): chi produce il file.",
    "xml.syntax": "Inviare un documento XML ben formato (send well-formed XML): chi produce il file.",
}


def _wrong(code: str, detail: str) -> Malformed:
    return Malformed(code, detail, hint=_HINTS[code], position="line 1")
