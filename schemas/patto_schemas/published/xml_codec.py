"""Entities as XML and back, exactly.

Every field is an element of its own name, in the order of the schema; a list is an element with `item` children; an
absent value has no element. An empty list and no list are the same. The forms are those that `xsd.py` describes: what
the XSD accepts is accepted here and what it refuses is refused here, except that `xsi:type` is always refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from lxml import etree
from pydantic_core import from_json, to_json

from patto_schemas.model import Entity
from patto_schemas.model.wire import canonical_json
from patto_schemas.published.shape import Field, Form, Scalar, Shape, form_of
from patto_schemas.published.version import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

E = TypeVar("E", bound=Entity)
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped (production 2)."""
ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
"""A carriage return must be escaped: readers turn a plain one into a line feed."""
SPECIAL: Final = re.compile("[&<>\r]")
BLANKS: Final = " \t\r\n"
WHOLE: Final = re.compile(r"(0|[1-9][0-9]{0,17})", re.ASCII)
XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
HINTS: Final = frozenset({f"{XSI}schemaLocation", f"{XSI}noNamespaceSchemaLocation"})
CHUNK: Final = 64 * 1024
HEAD: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def to_xml(entity: Entity) -> bytes:
    """Write an entity's canonical fields as one XML document.

    Raises:
        ValueError: a text holds a character that XML cannot carry; says where, not what stands there.
    """
    return HEAD + _element(form_of(entity.kind), entity, f' xmlns="{NAMESPACE}"').encode()


def write_list(kind: str, entities: Iterable[Entity]) -> Iterator[bytes]:
    """Yield the document of many entities, piece by piece: `<kind_list>` with one element each."""
    form = form_of(kind)
    yield HEAD + f'<{kind}_list xmlns="{NAMESPACE}">\n'.encode()
    for entity in entities:
        yield (_element(form, entity, "") + "\n").encode()
    yield f"</{kind}_list>\n".encode()


def _element(form: Form, entity: Entity, attributes: str) -> str:
    document = from_json(canonical_json(entity))
    inner = fields_xml(form, form.shapes[form.root], document, "")
    return f"<{form.kind}{attributes}>{inner}</{form.kind}>"


def fields_xml(form: Form, shape: Shape, document: Mapping[str, Any], where: str) -> str:
    """Write an object's fields as elements.

    Raises:
        ValueError: a text holds a character that XML cannot carry; says where, not what stands there.
    """
    parts = []
    for field in shape.fields:
        value = document.get(field.name)
        if value is None or (field.many and not value and not field.required):
            continue
        place = f"{where}/{field.name}"
        inner = (
            "".join(f"<item>{_written(form, field, each, f'{place}/{n}')}</item>" for n, each in enumerate(value))
            if field.many
            else _written(form, field, value, place)
        )
        parts.append(f"<{field.name}>{inner}</{field.name}>")
    return "".join(parts)


def _written(form: Form, field: Field, value: Any, where: str) -> str:  # noqa: ANN401 - a JSON value
    if isinstance(field.type, str):
        return fields_xml(form, form.shapes[field.type], value, where)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        value = to_json(value).decode()
    if field.type.sort == "decimal" and "E" in value:
        value = f"{Decimal(value):f}"  # XSD knows no exponent
    if NOT_XML.search(value):
        raise ValueError(f"{where}: the text holds a control character that XML cannot carry; remove it at the source")
    return SPECIAL.sub(lambda found: ESCAPES[found[0]], value) if SPECIAL.search(value) else value


def from_xml(content: bytes, entity: type[E]) -> E:
    """Read one entity's XML document.

    Raises:
        ValueError: it is no well-formed XML, holds a DOCTYPE, or has another structure than the XSD says.
        pydantic.ValidationError: a value is not valid (a ValueError too).
    """
    form = form_of(entity.kind)
    roots = [element for element in _ends((content,), form.kind) if element.getparent() is None]
    if not roots:
        raise ValueError(f"the document's root is not <{form.kind}> of {NAMESPACE}")
    return _validated(entity, _object(form, form.shapes[form.root], roots[0]))


def _validated(entity: type[E], document: Mapping[str, Any]) -> E:
    """Validate as JSON: texts are read strictly, as the published schemas say."""
    return entity.model_validate_json(to_json(document))


def read_list(stream: IO[bytes], entity: type[E]) -> Iterator[E]:
    """Yield the entities of a list document one by one, whatever its size.

    Raises:
        ValueError: as `from_xml`, at the first entity that is wrong; entities yielded before stay good.
    """
    for _line, document in documents(stream, entity.kind):
        yield _validated(entity, document)


def documents(stream: IO[bytes], kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line and plain document of each entity in a list document, not yet validated.

    Raises:
        ValueError: the document is no list of this kind or its structure is wrong.
    """
    form = form_of(kind)
    listed = f"{kind}_list"
    whole = False
    for element in _ends(iter(lambda: stream.read(CHUNK), b""), kind, listed):
        parent = element.getparent()
        if parent is None:
            _end_of_list(element, listed, kind)
            whole = True
        elif parent.getparent() is None:
            yield _line(element), _object(form, form.shapes[form.root], element)
            _forget_before(element, parent)
            element.clear(keep_tail=True)  # type: ignore[call-arg] # lxml-stubs 0.5.1 does not know it
    if not whole:
        raise ValueError(f"the document's root is not <{listed}> of {NAMESPACE}")


def document_of(kind: str, element: etree._Element) -> dict[str, Any]:
    """Give the plain document of one entity's element, not yet validated.

    Raises:
        ValueError: its structure is wrong; says at which line, not what stands there.
    """
    form = form_of(kind)
    return _object(form, form.shapes[form.root], element)


def _line(element: etree._Element) -> int:
    """Give the line of an element; 0 where libxml2 has lost count."""
    line: int | None = element.sourceline  # type: ignore[assignment] # lxml-stubs 0.5.1 types it as an ellipsis
    return line or 0


def _end_of_list(root: etree._Element, listed: str, kind: str) -> None:
    if root.tag != _tag(listed):
        raise ValueError(f"the document's root is not <{listed}> of {NAMESPACE}")
    _attributes(root)
    _only_elements(root, (_tag(kind),))


def _forget_before(element: etree._Element, root: etree._Element) -> None:
    """Free what stands before an entity in its list, once it is judged."""
    if element.getprevious() is None:
        return
    _only_elements(root, (element.tag,), last=element)
    while (before := element.getprevious()) is not None:
        root.remove(before)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _ends(chunks: Iterable[bytes], *names: str) -> Iterator[etree._Element]:
    """Yield elements of these names as they end; a DOCTYPE is refused before anything it declares can act."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    tags = frozenset(_tag(name) for name in names)
    seen_root = False
    try:
        for _fed in _feed(chunks, parser):
            for event, element in parser.read_events():
                if not isinstance(element, etree._Element):  # noqa: SLF001 - lxml's public elements are of no other type
                    continue
                if not seen_root:
                    _refuse_doctype(element)
                    seen_root = True
                if event == "end" and element.tag in tags:
                    yield element
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the document is not well-formed XML (line {error.lineno})") from None


def _feed(chunks: Iterable[bytes], parser: etree.XMLPullParser) -> Iterator[None]:
    for chunk in chunks:
        parser.feed(chunk)
        yield
    parser.close()
    yield


def _refuse_doctype(root: etree._Element) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("the document holds a DOCTYPE, which is not allowed; remove it")


def _object(form: Form, shape: Shape, element: etree._Element) -> dict[str, Any]:
    order = _names(form.kind, shape.name)
    _attributes(element)
    _only_elements(element, order)
    document: dict[str, Any] = {}
    last = -1
    for child in element:
        place, field = order[child.tag]
        if place <= last:
            raise ValueError(f"line {child.sourceline}: <{field.name}> is repeated or out of order")
        last = place
        document[field.name] = _items(form, field, child) if field.many else _value(form, field, child)
    return document


@lru_cache(maxsize=256)
def _names(kind: str, shape: str) -> Mapping[str, tuple[int, Field]]:
    fields = form_of(kind).shapes[shape].fields
    return {_tag(field.name): (place, field) for place, field in enumerate(fields)}


def _items(form: Form, field: Field, element: etree._Element) -> list[Any]:
    _attributes(element)
    _only_elements(element, (_tag("item"),))
    return [_value(form, field, item) for item in element]


def _value(form: Form, field: Field, element: etree._Element) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(field.type, str):
        return _object(form, form.shapes[field.type], element)
    _attributes(element)
    if len(element):
        raise ValueError(f"line {element.sourceline}: <{field.name}> holds elements where only text may stand")
    return _scalar(field.type, element.text or "")


def _scalar(kind: Scalar, text: str) -> Any:  # noqa: ANN401 - a JSON value
    """Give the JSON value of a text as XSD reads it: blanks around anything but strings do not count."""
    if kind.sort == "string":
        return text
    text = text.strip(BLANKS)
    if kind.sort == "integer":
        return int(text) if WHOLE.fullmatch(text) else text
    if kind.sort == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    return text


def _attributes(element: etree._Element) -> None:
    if element.attrib and not HINTS.issuperset(element.attrib):
        raise ValueError(f"line {element.sourceline}: an attribute where none may stand")


def _only_elements(element: etree._Element, tags: Container[str], last: etree._Element | None = None) -> None:
    """Refuse text between elements, and elements of other names; look no further than `last`."""
    if element.text and element.text.strip(BLANKS):
        raise ValueError(f"line {element.sourceline}: text where only elements may stand")
    for child in element:
        if child.tag not in tags:
            raise ValueError(f"line {child.sourceline}: an element that the schema does not know here")
        if child is last:
            return
        if child.tail and child.tail.strip(BLANKS):
            raise ValueError(f"line {child.sourceline}: text where only elements may stand")
