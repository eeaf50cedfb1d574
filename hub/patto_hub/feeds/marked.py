"""Marks on the fields of a view's shape: whose values leave as pseudonyms where identity is not due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Marks a field of a view's shape: under pseudonyms its value leaves as a pseudonym."""

    names: str
    """What it names, as `person`: two fields have the same pseudonym for the same name of the same thing."""
    scheme: str = ""
    """The field beside it that says in which scheme the name is; without one it is its sender's own."""
    common: str = ""
    """A scheme that all senders share, where the record names none."""
    among: str = ""
    """The record's field with further names of the same thing: a tax code among them goes before this one."""


@lru_cache(maxsize=256)
def marks_of(shape: type[BaseModel]) -> tuple[tuple[str, Pseudonym, str | None], ...]:
    """Give the marked fields of a shape, each with the scheme that holds where the record names none."""
    return tuple(
        (name, mark, shape.model_fields[mark.scheme].default if mark.scheme in shape.model_fields else None)
        for name, facts in shape.model_fields.items()
        for mark in facts.metadata
        if isinstance(mark, Pseudonym)
    )


def unheard_marks(shape: type[BaseModel]) -> list[str]:
    """Name the fields whose mark `conceal` would not see: within a choice, a list or another shape."""
    return [
        name
        for name, facts in shape.model_fields.items()
        if _marked(facts.annotation)
        or any(isinstance(mark, Pseudonym) and mark.scheme not in (*shape.model_fields, "") for mark in facts.metadata)
    ]


def _marked(hint: Any) -> bool:  # noqa: ANN401 - a type hint
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return any(
            _marked(facts.annotation) or any(isinstance(mark, Pseudonym) for mark in facts.metadata)
            for facts in hint.model_fields.values()
        )
    return any(isinstance(each, Pseudonym) or _marked(each) for each in get_args(hint))
