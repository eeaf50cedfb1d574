"""From an element to a mapping, by what the WSDL says that it holds: the partner's words stay words.

What is declared is there, None or an empty list where the partner left it out; what is not declared is kept under its
name, so that a wire model notes it as drift. The order of elements is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree
from zeep import xsd
from zeep.xsd.elements.indicators import Choice, Group, Indicator
from zeep.xsd.types import AnyType, ListType

from patto_connectors.errors import Malformed
from patto_connectors.xml.fields import add_value, plain
from patto_connectors.xml.xsd import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class _Child(NamedTuple):
    name: str
    kind: Any
    many: bool
    needed: bool


def read_element(element: Element, kind: Any, *, whole: bool = False) -> Any:  # noqa: ANN401 - text or mapping, by kind
    """Give what an element holds: a mapping by local names, text, or a list of words (`xsd:list`); None if empty.

    Args:
        element: what came.
        kind: zeep's type of it.
        whole: refuse an element that lacks what the WSDL requires.

    Raises:
        Malformed: `soap.body`, with its place.
    """
    if isinstance(kind, xsd.ComplexType) and not _has_text_only(kind):
        return _mapping(element, kind, whole=whole)
    if type(kind) is AnyType:
        return plain(element)
    if len(element):
        raise wrong(element, "holds elements where text was agreed")
    if isinstance(kind, ListType):
        return (element.text or "").split()
    return element.text


def wrong(element: Element, what: str) -> Malformed:
    """Name an element that is not as agreed, by its place."""
    position = f"riga {element.sourceline}, {path_of(element)}"
    hint = "Confrontare il messaggio con il WSDL (compare the message with the WSDL): chi lo produce."
    return Malformed("soap.body", f"The element at {position} {what}.", hint=hint, position=position)


def _mapping(element: Element, kind: Any, *, whole: bool) -> dict[str, Any]:  # noqa: ANN401 - zeep publishes no types
    children = {child.name: child for child in _children(kind)}
    attributes = {attribute.name for _, attribute in kind.attributes if attribute.name}
    row: dict[str, Any] = {child.name: [] if child.many else None for child in children.values()}
    row |= dict.fromkeys(sorted(attributes))
    for key, value in element.attrib.items():
        local = etree.QName(key).localname
        if not str(key).startswith(_XSI):
            row[local if local in attributes else f"@{local}"] = value
    if element.text and element.text.strip():
        row["."] = element.text
    seen = set()
    for part in element:
        name = etree.QName(part).localname
        child = children.get(name)
        value = plain(part) if child is None else read_element(part, child.kind, whole=whole)
        if child is not None and not child.many and name not in seen:
            row[name] = value
        else:
            add_value(row, name, value)
        seen.add(name)
    lacking = [child.name for child in children.values() if child.needed and child.name not in seen]
    if whole and lacking:
        raise wrong(element, f"lacks {', '.join(lacking)}")
    return row


def _has_text_only(kind: Any) -> bool:  # noqa: ANN401 - zeep publishes no types
    """Say whether a complex type is text with attributes (`xsd:simpleContent`) and has no attributes to tell."""
    return not kind.attributes and any(isinstance(part, xsd.Element) for _, part in kind.elements_nested)


def _children(part: Any, *, many: bool = False, needed: bool = True) -> Iterator[_Child]:  # noqa: ANN401 - likewise
    """Give the declared children of a type, groups and choices opened."""
    for inner in [part.child] if isinstance(part, Group) else [each for _, each in part.elements_nested]:
        if isinstance(inner, Indicator):
            must = needed and inner.min_occurs > 0 and not isinstance(inner, Choice)
            yield from _children(inner, many=many or inner.accepts_multiple, needed=must)
        elif isinstance(inner, xsd.Element) and not isinstance(part, xsd.ComplexType):
            must = needed and inner.min_occurs > 0
            yield _Child(str(inner.name), inner.type, many or inner.accepts_multiple, must)
