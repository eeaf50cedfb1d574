"""Strict JSON: what RFC 8259 allows and nothing else, and a page cut into its rows without parsing them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec
from pydantic_core import from_json

_HUGE = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{309}")
"""A number that may not fit a float: RFC 8259 allows it, and the parser would give infinity for it."""

_OBJECT = re.compile(rb"[ \t\r\n]*\{")
_LIST = re.compile(rb"[ \t\r\n]*\[")

_Members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_Items = msgspec.json.Decoder(list[msgspec.Raw])


def parse_strict(content: bytes) -> Any:  # noqa: ANN401 - a JSON value
    """Give the value of a JSON text.

    Refused: NaN and infinities (also numbers too big for a float), lone surrogates, bytes that are no UTF-8, a byte
    order mark, nesting deeper than about 200, whole numbers of more than 4,300 digits, anything after the value.

    Raises:
        ValueError: with line and column; the message quotes nothing of the content.
    """
    value = from_json(content, allow_inf_nan=False)
    if _HUGE.search(content) and not _finite(value):
        raise ValueError("a number is too big for a float")
    return value


def parse_unique(content: bytes) -> Any:  # noqa: ANN401 - a JSON value
    """Give the value of a strict JSON text in which no object names a key twice; for what is signed.

    Raises:
        ValueError: as `parse_strict`, or a key is named twice.
    """
    parse_strict(content)
    return json.loads(content, object_pairs_hook=_once)


def slices(content: bytes, path: str) -> tuple[dict[str, Any], list[bytes]]:
    """Cut a page into its envelope and the raw bytes of its rows, whatever the order of the envelope's keys.

    Rows are checked to be JSON, but not parsed: whoever validates them does that once. The envelope is what is left,
    with an empty list in the rows' place.

    Args:
        content: the page.
        path: where the rows stand: `items`, `data.results`, or empty when the page itself is a list.

    Raises:
        KeyError: there is no list at the path.
        ValueError: the page is not strict JSON (see `parse_strict`), or the envelope names a key twice.
    """
    content.decode("utf-8")  # msgspec skips over text without looking at its bytes
    steps = [step for step in path.replace("/", ".").split(".") if step]
    try:
        found = _list_at(content, steps)
        rows = [bytes(row) for row in _Items.decode(found)]
        return (_envelope(content, bytes(found), steps) if steps else {}), rows
    except (msgspec.DecodeError, RecursionError) as error:
        parse_strict(content)  # says line and column, where the fault is one of JSON
        raise ValueError(str(error) if isinstance(error, msgspec.DecodeError) else "nested too deeply") from error


def _list_at(content: bytes, steps: list[str]) -> bytes | msgspec.Raw:
    found: bytes | msgspec.Raw = content
    for step in steps:
        members = _Members.decode(found) if _OBJECT.match(memoryview(found)) else {}
        if step not in members:
            parse_strict(content)  # what is no JSON at all is told as that
            raise KeyError(".".join(steps))
        found = members[step]
    if not _LIST.match(memoryview(found)):
        parse_strict(content)
        raise KeyError(".".join(steps) or "$")
    return found


def _envelope(content: bytes, rows: bytes, steps: list[str]) -> dict[str, Any]:
    """Parse the page with its list of rows taken out; the list's bytes may stand elsewhere too, so look at the path."""
    at = content.find(rows)
    while at >= 0:
        envelope: dict[str, Any] = json.loads(
            content[:at] + b"[]" + content[at + len(rows) :], object_pairs_hook=_once, parse_float=_number
        )
        if at_path(envelope, ".".join(steps)) == []:
            return envelope
        at = content.find(rows, at + 1)
    raise ValueError("the list of rows is named twice")


def at_path(value: Any, path: str) -> Any:  # noqa: ANN401 - a JSON value
    """Give the member at a path as `data.next`, or None where a step is missing."""
    for step in path.replace("/", ".").split("."):
        if step:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object names a key twice")
    return members


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too big for a float")
    return value


def _finite(value: Any) -> bool:  # noqa: ANN401 - a JSON value
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return not isinstance(value, list) or all(map(_finite, value))
