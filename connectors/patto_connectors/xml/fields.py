"""From an element to a row: a declarative table of tags and names, walked once per element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """How one child is taken into the row.

    Args:
        name: the row's field.
        inner: the child's own fields, where it is more than text.
        many: whether it may stand several times: the field is then a list.
        markup: whether it holds markup of which only the text counts (XHTML in a description).
    """

    name: str
    inner: Fields | None = None
    many: bool = False
    markup: bool = False


Fields: TypeAlias = Mapping[str, "str | Take"]
"""By child tag (`{namespace}local`): the field's name, or how to take it; `@name` is an attribute, `.` the own text."""

Reader: TypeAlias = "Callable[[Element], Mapping[str, Any] | bytes]"
"""Makes a row of one element; it may look at the element's ancestors and what stands before it, not after it."""


def row_reader(fields: Fields, *, extras: bool = True, ignore: frozenset[str] = frozenset()) -> Reader:
    """Make the function that reads an element by `fields`.

    An empty element gives None. A child that `fields` does not name is kept under its local name if `extras`, so that a
    wire model notes it as drift; tags in `ignore` are left out.
    """
    own, attributes, children = fields.get("."), _attributes(fields), _children(fields)

    def read(element: Element) -> dict[str, Any]:
        row: dict[str, Any] = {}
        if isinstance(own, str):
            row[own] = element.text
        for attribute, name in attributes:
            value = element.get(attribute)
            if value is not None:
                row[name] = value
        for child in element:
            rule = children.get(child.tag)
            if rule is None:
                if extras and child.tag not in ignore:
                    add_value(row, etree.QName(child).localname, plain(child))
                continue
            name, reader, many = rule
            value = child.text if reader is None else reader(child)
            if many:
                row.setdefault(name, []).append(value)
            else:
                row.setdefault(name, value)
        return row

    return read


def _attributes(fields: Fields) -> list[tuple[str, str]]:
    return [(key[1:], take) for key, take in fields.items() if key.startswith("@") and isinstance(take, str)]


def _children(fields: Fields) -> dict[Any, tuple[str, Callable[[Element], Any] | None, bool]]:
    rules: dict[Any, tuple[str, Callable[[Element], Any] | None, bool]] = {}
    for key, take in fields.items():
        if key == "." or key.startswith("@"):
            continue
        if isinstance(take, str):
            rules[key] = (take, None, False)
        else:
            inner = None if take.inner is None else row_reader(take.inner)
            rules[key] = (take.name, text_of if take.markup else inner, take.many)
    return rules


def add_value(row: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - text, or what was made of a subtree
    """Put a value into a row that has no table for it; a repeated one becomes a list."""
    if name not in row:
        row[name] = value
    elif isinstance(row[name], list):
        row[name].append(value)
    else:
        row[name] = [row[name], value]


def plain(element: Element) -> Any:  # noqa: ANN401 - text or a mapping, as the element is
    """Give an element as text, or as a mapping of attributes (`@name`) and children by local name."""
    if not len(element) and not element.attrib:
        return element.text
    row: dict[str, Any] = {f"@{etree.QName(key).localname}": value for key, value in element.attrib.items()}
    if element.text and element.text.strip():
        row["."] = element.text
    for child in element:
        add_value(row, etree.QName(child).localname, plain(child))
    return row


INLINE = frozenset(
    ["a", "abbr", "b", "cite", "code", "em", "i", "q", "s", "small", "span", "strong", "sub", "sup", "u"]
)
"""XHTML elements that may stand within a word; all others begin a new one."""


def text_of(element: Element) -> str | None:
    """Give all the text inside an element, markup left out, runs of blanks as one."""
    parts: list[str] = []
    _gather(element, parts)
    return " ".join("".join(parts).split()) or None


def _gather(element: Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        edge = "" if etree.QName(child).localname in INLINE else " "
        parts.append(edge)
        _gather(child, parts)
        parts.append(edge + (child.tail or ""))


def element_bytes(element: Element) -> bytes:
    """Give the element itself as UTF-8 XML, for a plugin that wants the partner's own words."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)
