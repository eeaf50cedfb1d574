"""The views of a feed as the forms that XML and tables are laid out by, read from the views' own fields."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic_core import from_json

from patto_hub.feeds.spec import Projection
from patto_schemas.published.shape import Field, Form, Scalar, Shape, Sort

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from msgspec import Raw

    from patto_hub.feeds.spec import FeedSpec

ENVELOPE: Final = ("Changes", "Item", "Data", "Links", "Href")
"""Names that a view's shape does not get in a form: the page's own parts have them."""
REPLACED: Final = "\ufffd"
"""Stands where a format has no place for a character (Unicode, REPLACEMENT CHARACTER)."""
_SORTS: Final[Mapping[Any, Sort]] = MappingProxyType(
    {
        str: "string",
        int: "integer",
        float: "double",
        bool: "boolean",
        Decimal: "decimal",
        date: "date",
        datetime: "dateTime",
    }
)
_SIGNED: Final = ("pattern", "^-?(0|[1-9][0-9]*)$")
"""A view promises no more of a whole number than that it is one."""


def forms_of(feed: FeedSpec) -> Mapping[str, Form]:
    """Give the form of each kind of a feed; all of them share their shapes."""
    return _forms(tuple((view.kind, view.shape) for view in feed.views))


@lru_cache(maxsize=64)
def _forms(views: tuple[tuple[str, type[Projection]], ...]) -> Mapping[str, Form]:
    found = _Found()
    roots = {kind: found.name(shape) for kind, shape in views}
    return MappingProxyType({kind: Form(kind, root, found.shapes) for kind, root in roots.items()})


class _Found:
    """The shapes that were met so far; two of one name get names of their own."""

    def __init__(self) -> None:
        self.shapes: dict[str, Shape] = {}
        self._names: dict[type[Projection], str] = {}

    def name(self, shape: type[Projection]) -> str:
        if shape not in self._names:
            taken = {*ENVELOPE, *self._names.values()}
            numbered = (f"{shape.__name__}_{number}" for number in range(2, len(taken) + 3))
            self._names[shape] = next(each for each in (shape.__name__, *numbered) if each not in taken)
            name = self._names[shape]
            words = (shape.__doc__ or "").strip().splitlines() or [""]
            fields = (
                self._field(field, facts.annotation, facts.is_required(), facts.description or "")
                for field, facts in shape.model_fields.items()
            )
            self.shapes[name] = Shape(name, words[0], tuple(fields))
        return self._names[shape]

    def _field(self, name: str, hint: Any, required: bool, text: str) -> Field:  # noqa: ANN401, FBT001 - a type hint, a fact
        stated, nullable = _stated(hint)
        if get_origin(stated) in (list, tuple, set, frozenset):
            args = [each for each in get_args(stated) if each is not Ellipsis]
            item = _stated(args[0])[0] if len(args) == 1 else str
            return Field(name, self._type(item), required and not nullable, many=True, least=0, text=text)
        return Field(name, self._type(stated), required and not nullable, many=False, least=0, text=text)

    def _type(self, hint: Any) -> Scalar | str:  # noqa: ANN401 - a type hint
        """Give a type; what has none in XML Schema (a choice, a list within a list) is a text, its JSON."""
        if isinstance(hint, type) and issubclass(hint, Projection):
            return self.name(hint)
        if get_origin(hint) is Literal and all(isinstance(each, str) for each in get_args(hint)):
            return Scalar("string", (("enum", get_args(hint)),))
        sort = _SORTS.get(hint, "string") if isinstance(hint, type) else "string"
        return Scalar(sort, (_SIGNED,) if sort == "integer" else ())


def _stated(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type hint
    """Give what a field holds when it holds something, and whether it may hold nothing."""
    if get_origin(hint) is Annotated:
        return _stated(get_args(hint)[0])
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    choices = [each for each in get_args(hint) if each is not NoneType]
    nullable = len(choices) < len(get_args(hint))
    if len(choices) == 1:
        inner, inner_nullable = _stated(choices[0])
        return inner, nullable or inner_nullable
    return Union[tuple(choices)], nullable  # noqa: UP007 - made while running


def carried(item: Mapping[str, object], unfit: re.Pattern[str]) -> dict[str, Any]:
    """Give an item, its data read, as a format can carry it.

    A character that the format has no place for becomes U+FFFD, and `altered` names the places as JSON pointers into
    the item, so that nobody takes the text for the true one; an item is never left out.
    """
    altered: list[str] = []
    raw: Raw | None = item["data"]  # type: ignore[assignment] # pages.py puts nothing else there
    read = {**item, "data": None if raw is None else from_json(bytes(raw))}
    fit: dict[str, Any] = _fitted(read, unfit, "", altered)
    return {**fit, "altered": altered} if altered else fit


def _fitted(value: Any, unfit: re.Pattern[str], where: str, altered: list[str]) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, str):
        if not unfit.search(value):
            return value
        altered.append(where)
        return unfit.sub(REPLACED, value)
    if isinstance(value, dict):
        return {name: _fitted(each, unfit, f"{where}/{name}", altered) for name, each in value.items()}
    if isinstance(value, list):
        return [_fitted(each, unfit, f"{where}/{at}", altered) for at, each in enumerate(value)]
    return value
