"""What a feed is: a named sequence of changes, and for each kind the view that says which fields may leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from patto_hub.feeds.marked import unheard_marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METRICS = "metrics"
"""Stands among a partner's feeds and is none: the right to read `/metrics` from another machine."""
PUSH = "push"
"""Stands among a partner's feeds and is none: the right to hand in data at the hub's door."""
RIGHTS = frozenset({METRICS, PUSH})
"""What stands among a partner's feeds and is none."""
LANGUAGES = ("it", "en")
"""The languages in which people are told what leaves and why."""
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLAIN = (str, int, float, bool, NoneType, Decimal, date, datetime)


class Projection(BaseModel):
    """The fields of a record that a view lets out, by their canonical names; what it does not name stays in."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one kind of record looks like to a reader, and why the reader may see it.

    Raises:
        TypeError: `shape` is open: it, or something within it, would let out a field that nobody named.
        ValueError: the purpose or the legal basis is not said in both languages.
    """

    kind: str
    shape: type[Projection]
    purpose: Mapping[str, str]
    """Why these fields leave, by language (`it`, `en`)."""
    legal_basis: Mapping[str, str]
    """The law by which they may (GDPR, art. 6 and 9; the programme's own acts), by language (`it`, `en`)."""
    version: int = 1
    """Grows when a field is added, removed or changes its meaning."""
    changes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """What each version after the first changed, by language: partners read it beside the schemas."""
    under_pseudonyms: type[Projection] | None = None
    """The fields that leave where identity is not due, with names marked as `Pseudonym`; None: then nothing leaves."""

    def __post_init__(self) -> None:
        for shape in filter(None, (self.shape, self.under_pseudonyms)):
            open_fields = tuple(_open_fields(shape, shape.__name__))
            if open_fields:
                raise TypeError(f"a view names each field that may leave; these are open: {', '.join(open_fields)}")
        if self.under_pseudonyms is not None and (unheard := unheard_marks(self.under_pseudonyms)):
            raise TypeError(f"pseudonyms are marked on a field of the record itself: {', '.join(unheard)}")
        for what, said in (("purpose", self.purpose), ("legal basis", self.legal_basis)):
            if not all(said.get(language, "").strip() for language in LANGUAGES):
                raise ValueError(f"a view of {self.kind} says its {what} in each of {', '.join(LANGUAGES)}")

    @property
    def name(self) -> str:
        """The view's name and version, as deliveries note it."""
        return f"{self.shape.__name__}/{self.version}"

    def project(self, payload: str) -> bytes:
        """Give the JSON of the fields that may leave, from a record's canonical JSON.

        Raises:
            TypeError: the record is not of the schema that the view was written for; the message quotes no value.
        """
        return self.written(self.show(payload))

    def show(self, payload: str) -> Projection:
        """Give the fields that may leave as a value; raises as `project` does."""
        try:
            return self.shape.model_validate_json(payload)
        except ValidationError as error:
            raise self._unfit(error) from None

    def show_record(self, record: Mapping[str, object]) -> Projection:
        """Give the fields that may leave of a record's JSON that has been read; raises as `project` does."""
        try:
            return self.shape.model_validate(record)
        except ValidationError as error:
            raise self._unfit(error) from None

    def written(self, shown: Projection) -> bytes:
        """Write what may leave as JSON."""
        return shown.model_dump_json(exclude_none=True).encode()

    def concealed(self) -> View:
        """Give the view as it is under pseudonyms.

        Raises:
            LookupError: nobody said how this kind looks without names, so nothing of it leaves.
        """
        if self.under_pseudonyms is None:
            raise LookupError(f"the view {self.name} of {self.kind} has no shape under pseudonyms")
        return replace(self, shape=self.under_pseudonyms)

    def _unfit(self, error: ValidationError) -> TypeError:
        places = sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)})
        return TypeError(f"the view {self.name} does not fit a record of {self.kind} at {', '.join(places)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """A feed: what a partner may subscribe to.

    Raises:
        ValueError: the name is not kebab-case, or there is no view, or two of one kind.
    """

    name: str
    title: Mapping[str, str]
    """What it is called for people, by language (`it`, `en`)."""
    views: Sequence[View]
    public: bool = False
    """Whether it gives what is addressed to everybody, besides what is addressed to the reader."""
    under_pseudonyms: bool = False
    """Whether this is the feed as it leaves where identity is not due (`feeds.subscriptions`)."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a feed's name is kebab-case, as `course-offerings`, not {self.name!r}")
        if not self.views or len(self.kinds) != len(self.views):
            raise ValueError(f"the feed {self.name!r} needs one view for each of its kinds")

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of records that it gives."""
        return frozenset(view.kind for view in self.views)

    def view(self, kind: str) -> View:
        """Give the view of a kind.

        Raises:
            KeyError: the feed has no view of this kind, so nothing of it may leave.
        """
        return {view.kind: view for view in self.views}[kind]


def by_name(feeds: Sequence[FeedSpec]) -> dict[str, FeedSpec]:
    """Give feeds by their names.

    Raises:
        ValueError: two feeds have one name.
    """
    named: dict[str, FeedSpec] = {}
    for feed in feeds:
        if named.setdefault(feed.name, feed) is not feed:
            raise ValueError(f"two feeds are called {feed.name!r}")
    return named


def _open_fields(shape: Any, path: str) -> list[str]:  # noqa: ANN401 - a type hint can be anything
    """Name the places of a type hint that would let unnamed fields through."""
    origin, args = get_origin(shape), get_args(shape)
    if origin is Literal:
        return []
    if origin is Annotated:
        return _open_fields(args[0], path)
    if origin in (Union, UnionType, list, tuple, set, frozenset):
        return [name for each in args if each is not Ellipsis for name in _open_fields(each, path)]
    if isinstance(shape, type) and issubclass(shape, Projection):
        if shape.model_config.get("extra") != "ignore" or shape.__pydantic_root_model__ or shape.model_computed_fields:
            return [path]
        return [
            name
            for field, facts in shape.model_fields.items()
            for name in _open_fields(facts.annotation, f"{path}.{field}")
        ]
    return [] if shape in _PLAIN else [path]
