"""Understand one page: is it JSON, does the partner say no in it, where are its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.content import json_text
from patto_connectors.http.redact import code
from patto_connectors.json import at_path, parse_strict, slices

if TYPE_CHECKING:
    from patto_connectors.http.client import Answer
    from patto_connectors.rest.settings import FailureFlag, RestSettings

_KEPT = 1024 * 1024
"""Bytes of a broken answer that quarantine keeps."""


def read_page(answer: Answer, settings: RestSettings) -> tuple[bytes, dict[str, Any], list[bytes]]:
    """Give a page's text, envelope and raw rows.

    Raises:
        Malformed: `http.html`, `http.charset`, `json.broken` or `rest.no_items`.
        Unreachable: `http.truncated`; or `rest.failure` with a code that passes.
        Refused: `rest.failure`.
    """
    content = json_text(answer, settings.charset)
    try:
        envelope, rows = slices(content, settings.items or "")
    except KeyError:
        refuse_failure(parse_strict(content), settings.failure, answer.host)
        detail = f"the answer of {answer.host} has no list at {settings.items or '$'}"
        raise Malformed("rest.no_items", detail, position=f"$.{settings.items}", content=content[:_KEPT]) from None
    except ValueError as error:
        raise broken(answer, content, error) from None
    refuse_failure(envelope, settings.failure, answer.host)
    return content, envelope, rows


def broken(answer: Answer, content: bytes, error: ValueError) -> Trouble:
    """Name a text that is no JSON: cut off on its way, if nobody said how long it is, else the partner's fault."""
    if not answer.delimited:
        return Unreachable("http.truncated", f"the answer of {answer.host} may be cut off: it is no whole JSON")
    return Malformed("json.broken", f"{answer.host} sends no valid JSON", position=str(error), content=content[:_KEPT])


def refuse_failure(envelope: Any, failure: FailureFlag | None, host: str) -> None:  # noqa: ANN401 - a JSON value
    """Raise what a partner's failure flag means, if it is up.

    Raises:
        Unreachable: all its codes are such as pass.
        Refused: otherwise.
    """
    if failure is None:
        return
    messages = at_path(envelope, failure.messages) if failure.messages else None
    listed = messages if isinstance(messages, list) else [messages] if messages else []
    if failure.flag is None:
        failed = bool(listed)
    else:
        flag = at_path(envelope, failure.flag)
        failed = flag is not None and (flag != failure.good or isinstance(flag, bool) != isinstance(failure.good, bool))
    if not failed:
        return
    codes = [str(at_path(message, failure.code)) for message in listed]
    words = f"{host} reports a failure: {', '.join(sorted({code(name) for name in codes})) or 'without a code'}"
    if codes and failure.passing.issuperset(codes):
        raise Unreachable("rest.failure", words)
    raise Refused("rest.failure", words, hint="ask the partner what the code means")
