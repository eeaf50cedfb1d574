"""Catalogue XML as rows: elements by local name, and the few questions that both dialects ask of them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lxml import etree

from patto_connectors.xml import add_value, text_of
from patto_schemas.identity.numbers import vat_problem
from patto_schemas.model.base import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

XHTML = "{http://www.w3.org/1999/xhtml}"
LABEL = 500
TEXT = 4000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_URL = re.compile(r"https?://[!-~]+")
LANGUAGES = {"ita": "it", "eng": "en", "fra": "fr", "deu": "de", "spa": "es", "sqi": "sq", "ron": "ro"}
"""Three letters of the EU's language authority for the languages met in Puglia; others stay as they are."""


def row_of(element: Element) -> Any:  # noqa: ANN401 - text or a mapping, as the element is
    """Give an element as text, or as a mapping: `@attribute`, `.` for its own text, children by local name.

    A repeated child is a list; of XHTML inside only the text is kept.
    """
    marked_up = all(str(child.tag).startswith(XHTML) for child in element)
    text = text_of(element) if marked_up else None
    if marked_up and not element.attrib:
        return text
    row: dict[str, Any] = {f"@{etree.QName(name).localname}": value for name, value in element.attrib.items()}
    if marked_up:
        return row | {".": text}
    for child in element:
        add_value(row, etree.QName(child).localname, row_of(child))
    return row


def every(row: Mapping[str, Any], name: str) -> list[Any]:
    """Give all values of a child, none as an empty list."""
    value = row.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def text(value: Any) -> str | None:  # noqa: ANN401 - what `row_of` gives
    """Give the text of a value, or None where it has none."""
    found = value.get(".") if isinstance(value, dict) else value
    return found.strip() or None if isinstance(found, str) else None


def texts(row: Mapping[str, Any], name: str) -> list[str]:
    """Give the texts of a child, empty ones left out."""
    return [found for value in every(row, name) if (found := text(value))]


def first(row: Mapping[str, Any], name: str) -> str | None:
    """Give the first text of a child."""
    return next(iter(texts(row, name)), None)


def label(*parts: str | None) -> str | None:
    """Join parts to one line; None where nothing is left."""
    line = " · ".join(dict.fromkeys(" ".join(part.split()) for part in parts if part and part.strip()))
    return line[:LABEL].strip() or None


def day(value: Any) -> date | None:  # noqa: ANN401 - what `row_of` gives
    """Give a day: the machine value (`@dtf`) where there is one, else a text that starts as an ISO date."""
    written = (value.get("@dtf") if isinstance(value, dict) else None) or text(value) or ""
    if not _DAY.match(written):
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def url(value: str | None) -> str | None:
    """Give a web address that is one."""
    return value if value and _URL.fullmatch(value) else None


def money(value: str | None) -> Decimal | None:
    """Give an amount: not negative, cents at most."""
    try:
        amount = Decimal(value or "")
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return cents if cents == amount and 0 <= cents < 10**11 else None


def language(value: str | None, otherwise: str = "it") -> str:
    """Give a language tag of a tag or of an address of the EU's authority list (`.../language/ITA`)."""
    tag = (value or otherwise).rpartition("/")[2].lower()
    return LANGUAGES.get(tag, tag if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", tag) else otherwise)


def translations(row: Mapping[str, Any], name: str, otherwise: str) -> list[dict[str, str]]:
    """Give a child's texts with their languages (`@lang` in XCRI, `@language` in ELM)."""
    found = []
    for value in every(row, name):
        if words := text(value):
            tag = (value.get("@lang") or value.get("@language")) if isinstance(value, dict) else None
            found.append({"language": language(tag, otherwise), "text": words[:TEXT]})
    return found


def scheme_of(identifier: str | None) -> str:
    """Say what an organisation's identifier is: a VAT number, or a key that only the catalogue gives meaning to."""
    return LOCAL if identifier is None or vat_problem(identifier) else "piva"


def beyond(row: Mapping[str, Any], known: frozenset[str], dialect: str) -> dict[str, Any]:
    """Keep what has no canonical place, under a name of its own: the hub stores it and notes it as drift."""
    return {
        f"{dialect}:{name}": value
        for name, value in row.items()
        if name not in known and not name.startswith("@") and value is not None
    }


def names(listed: str) -> frozenset[str]:
    """Give names that stand in one text, with blanks between them."""
    return frozenset(listed.split())
