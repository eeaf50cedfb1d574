"""Look at what came before anybody reads it: is it JSON at all, and in the agreed charset?"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed, Unreachable
from patto_connectors.http.redact import redact

if TYPE_CHECKING:
    from patto_connectors.http.client import Answer

_FOREIGN_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def json_text(answer: Answer, charset: str = "utf-8") -> bytes:
    """Give the body of an answer that ought to be JSON, as UTF-8 without a byte order mark.

    Args:
        answer: the answer.
        charset: what was agreed with the partner; an answer that names another one is refused, not guessed at.

    Raises:
        Malformed: `http.html` or `http.charset`, with the first bytes kept redacted.
        Unreachable: `http.truncated`, for an empty answer that does not tell its own end.
    """
    refuse_web_page(answer)
    body = answer.body
    if not body and not answer.delimited:
        raise Unreachable("http.truncated", f"{answer.host} closed the connection before its answer")
    try:
        return _utf8(body, named_charset(answer), charset)
    except (LookupError, UnicodeError):
        detail = f"the answer of {answer.host} is not in the agreed {charset}"
        raise Malformed("http.charset", detail, content=redact(body)) from None


def refuse_web_page(answer: Answer) -> None:
    """Refuse what a browser would show: a maintenance page, a login form.

    Raises:
        Malformed: `http.html`, with the first bytes kept redacted.
    """
    body = answer.body
    if "html" in _content_type(answer)[0] or body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        hint = "the partner checks its service, the engineer our base_url"
        raise Malformed("http.html", f"{answer.host} sends a web page, not records", content=redact(body), hint=hint)


def named_charset(answer: Answer) -> str:
    """Give the charset that the header names, in small letters; empty where it names none."""
    return _content_type(answer)[1].partition("charset=")[2].partition(";")[0].strip(" \"'")


def _content_type(answer: Answer) -> tuple[str, str]:
    media, _, options = answer.headers.get("Content-Type", "").lower().partition(";")
    return media, options


def _utf8(body: bytes, named: str, agreed: str) -> bytes:
    """Recode a body; what names another charset, or starts with UTF-16's mark, is none of ours (LookupError)."""
    own = codecs.lookup(agreed).name
    if (named and codecs.lookup(named).name not in ("ascii", own)) or body.startswith(_FOREIGN_MARKS):
        raise LookupError(named)
    if own != "utf-8":
        return body.decode(own).encode()
    body.decode("utf-8")
    return body.removeprefix(codecs.BOM_UTF8)
