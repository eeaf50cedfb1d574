"""A page of a feed as XML, and the XSD that every such page is valid against.

`data` holds one element, called as the record's kind, with the elements that the published XSD of the entity has for
the fields that the view lets out. Lists are an element with `item` children, as everywhere in our XML.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patto_hub.feeds.forms import carried, forms_of
from patto_schemas.published.shape import Field, Form, Scalar, Shape
from patto_schemas.published.xml_codec import HEAD, NOT_XML, fields_xml
from patto_schemas.published.xsd import PREFIX, add, complex_type, schema, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.feeds.pages import FeedPage
    from patto_hub.feeds.spec import FeedSpec

VERSION: Final = "1"
"""Steps when the envelope changes its meaning; a new view changes the XSD, not this."""
ROOT: Final = "changes"
_TEXT: Final = Scalar("string")


def namespace(feed: FeedSpec) -> str:
    """Give the XML namespace of a feed's pages."""
    return f"urn:patto:feed:v{VERSION}:{feed.name}{':pseudonym' if feed.under_pseudonyms else ''}"


def as_xml(feed: FeedSpec, page: FeedPage, next_link: str) -> bytes:
    """Give the page as one XML document; what XML cannot carry is replaced and told in `altered`."""
    form = _form(feed)
    items = [carried(item, NOT_XML) for item in page.items]
    document = {
        "items": [{**item, "data": None if item["data"] is None else {item["kind"]: item["data"]}} for item in items],
        **page.end(next_link),
    }
    inner = fields_xml(form, form.shapes[form.root], document, "")
    return HEAD + f'<{ROOT} xmlns="{namespace(feed)}">{inner}</{ROOT}>\n'.encode()


def xsd(feed: FeedSpec) -> bytes:
    """Give the XSD of a feed's pages."""
    form = _form(feed)
    root = schema(namespace(feed), VERSION)
    add(root, "element", name=ROOT, type=f"{PREFIX}:{form.root}")
    for shape in form.shapes.values():
        complex_type(root, shape)
    return written(root)


def _form(feed: FeedSpec) -> Form:
    """Give the form of a whole page: the envelope around the forms of the views."""
    forms = forms_of(feed)
    shapes = {name: shape for form in forms.values() for name, shape in form.shapes.items()}
    roots = tuple((kind, form.root) for kind, form in forms.items())
    envelope = _envelope(roots, tuple(view.name for view in feed.views))
    return Form(ROOT, "Changes", {**{each.name: each for each in envelope}, **shapes})


@lru_cache(maxsize=64)
def _envelope(roots: tuple[tuple[str, str], ...], views: tuple[str, ...]) -> tuple[Shape, ...]:
    items = _one("items", "Item", "In the order in which the hub recorded them.", many=True)
    return (
        Shape(
            "Changes",
            "A page of a feed.",
            (
                items,
                _one("next_cursor", _TEXT, "Keep it: the next page starts here, today or in a year."),
                _one("has_more", Scalar("boolean"), "Whether there is more to read now."),
                _one("_links", "Links", ""),
            ),
        ),
        Shape(
            "Item",
            "One change of one record, as one partner says it.",
            tuple(_item([kind for kind, _ in roots], views)),
        ),
        Shape(
            "Data",
            "The fields that the view lets out, in the element of the record's kind.",
            tuple(Field(kind, root, required=False, many=False, least=0, text="") for kind, root in roots),
        ),
        Shape("Links", "Where to go on.", (_one("next", "Href", ""),)),
        Shape("Href", "A link.", (_one("href", _TEXT, ""),)),
    )


def _item(kinds: Iterable[str], views: Iterable[str]) -> Iterable[Field]:
    yield _one("id", _TEXT, "Names the record in this hub, always the same.")
    yield _one("version", Scalar("integer"), "Counts the record's versions from 1.")
    words = "`withdraw`: no longer yours to know; `erase`: gone for good: delete your copy."
    yield _one("change", _among("upsert", "delete", "withdraw", "erase"), words)
    yield _one("changed_at", Scalar("dateTime"), "When the hub recorded it.")
    yield _one("kind", _among(*kinds), "The kind of record.")
    yield _one("source", _TEXT, "The partner that says it.")
    yield _one("view", _among(*views), "The view that chose the fields, and its version.")
    yield Field("data", "Data", required=False, many=False, least=0, text="Absent for a record that is gone.")
    words = (
        "Where U+FFFD stands for a character that XML cannot carry, as JSON pointers into the item in its JSON form."
    )
    yield Field("altered", _TEXT, required=False, many=True, least=0, text=words)


def _among(*values: str) -> Scalar:
    return Scalar("string", (("enum", values),))


def _one(name: str, kind: Scalar | str, text: str, *, many: bool = False) -> Field:
    return Field(name, kind, required=True, many=many, least=0, text=text)
