"""The XSD of an entity, made from the same schema as its JSON form; `xml_codec.py` says how values are laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patto_schemas.model.types import TEXT_PATTERN
from patto_schemas.published.shape import Field, Scalar, Shape, form_of
from patto_schemas.published.version import NAMESPACE, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

XS: Final = "http://www.w3.org/2001/XMLSchema"
PREFIX: Final = "p"
FACETS: Final = {
    "minLength": "minLength",
    "maxLength": "maxLength",
    "minimum": "minInclusive",
    "maximum": "maxInclusive",
}
WHOLE_PATTERN: Final = "0|[1-9][0-9]*"
"""XSD alone would take `+5` and `005` for an integer."""


def xsd(kind: str) -> bytes:
    """Give the XSD of an entity: element `<kind>` for one record, `<kind>_list` for many.

    Raises:
        KeyError: there is no such entity.
    """
    form = form_of(kind)
    root = schema(NAMESPACE, str(VERSION))
    add(root, "element", name=kind, type=f"{PREFIX}:{form.root}")
    many = add(add(add(root, "element", name=f"{kind}_list"), "complexType"), "sequence")
    add(many, "element", ref=f"{PREFIX}:{kind}", minOccurs="0", maxOccurs="unbounded")
    for shape in form.shapes.values():
        complex_type(root, shape)
    return written(root)


def schema(namespace: str, version: str) -> etree._Element:
    """Begin an XSD of a namespace; `complex_type` names its types with `PREFIX`."""
    return etree.Element(
        f"{{{XS}}}schema",
        {"targetNamespace": namespace, "elementFormDefault": "qualified", "version": version},
        nsmap={"xs": XS, PREFIX: namespace},
    )


def written(root: etree._Element) -> bytes:
    """Give an XSD as a file: readable, in plain ASCII."""
    return etree.tostring(root, xml_declaration=True, encoding="US-ASCII", pretty_print=True)


def add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    """Append an element of XML Schema."""
    return etree.SubElement(parent, f"{{{XS}}}{tag}", attributes)


def _documented(element: etree._Element, text: str) -> None:
    if text:
        add(add(element, "annotation"), "documentation").text = text


def complex_type(root: etree._Element, shape: Shape) -> None:
    """Append the type of an object."""
    kind = add(root, "complexType", name=shape.name)
    _documented(kind, shape.text)
    sequence = add(kind, "sequence")
    for field in shape.fields:
        _element(sequence, field)


def _element(sequence: etree._Element, field: Field) -> None:
    element = add(sequence, "element", name=field.name)
    if not field.required:
        element.set("minOccurs", "0")
    _documented(element, field.text)
    if not field.many:
        _typed(element, field.type)
        return
    items = add(add(element, "complexType"), "sequence")
    item = add(items, "element", name="item", minOccurs=str(field.least), maxOccurs="unbounded")
    _typed(item, field.type)


def _typed(element: etree._Element, kind: Scalar | str) -> None:
    """Give an element its type: a reference must be an attribute, a restriction a child after the annotation."""
    if isinstance(kind, str):
        element.set("type", f"{PREFIX}:{kind}")
        return
    restrictions = list(_restrictions(kind))
    if not restrictions:
        element.set("type", f"xs:{kind.sort}")
        return
    restriction = add(add(element, "simpleType"), "restriction", base=f"xs:{kind.sort}")
    for name, value in restrictions:
        add(restriction, name, value=value)


def _restrictions(kind: Scalar) -> Iterable[tuple[str, str]]:
    if kind.sort == "integer" and not any(name == "pattern" for name, _ in kind.facets):
        yield "pattern", WHOLE_PATTERN
    for name, value in kind.facets:
        if name == "enum":
            yield from (("enumeration", str(each)) for each in value)
        elif name == "pattern":
            yield from _pattern(value)
        else:
            yield FACETS[name], str(value)


def _pattern(pattern: Any) -> Iterable[tuple[str, str]]:  # noqa: ANN401 - a facet's value
    """Give the pattern without anchors, which XSD has built in; none where XML itself allows no other character."""
    if pattern != TEXT_PATTERN:
        yield "pattern", pattern.removeprefix("^").removesuffix("$")
