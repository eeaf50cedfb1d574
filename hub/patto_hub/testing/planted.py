"""Records with a canary in every field, and what of them a view lets out, read off the view and nothing else.

For tests that prove that nothing else leaves, of a plugin's own feeds too.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping

CANARY: Final = re.compile(r"knry\d{5}y", re.IGNORECASE)
DAY: Final = re.compile(r"(?<!\d)2[1-9]\d\d-[01]\d-[0-3]\d(?!\d)")
_FIRST: Final = date(2101, 1, 1)
_PLAIN: Final[Mapping[Any, Any]] = {
    datetime: "2026-01-31T10:00:00Z",
    Decimal: "12.50",
    int: 3,
    bool: True,
    float: 1.5,
}
"""What stands in fields that can hold no canary."""


class Planted:
    """Gives canaries, and remembers in which field of which kind of record each stands."""

    def __init__(self) -> None:
        """Begin with none."""
        self.places: dict[str, tuple[str, str]] = {}

    def record(self, model: type[BaseModel], kind: str, under: str = "") -> dict[str, Any]:
        """Fill every field of a model; texts and days with canaries, a list with one of each."""
        return {name: self._value(each.annotation, kind, f"{under}{name}") for name, each in model.model_fields.items()}

    def _value(self, hint: Any, kind: str, path: str) -> Any:  # noqa: ANN401 - a type hint, a JSON value
        origin, args = get_origin(hint), get_args(hint)
        if origin in (Annotated, Union, UnionType):
            stated = next(each for each in args if each is not NoneType)
            return self._value(stated, kind, path)
        if origin in (tuple, list, set, frozenset):
            return [self._value(args[0], kind, path)]
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self.record(hint, kind, f"{path}.")
        if hint is str or origin is Literal:
            return self.text(kind, path)
        return self.day(kind, path) if hint is date else _PLAIN[hint]

    def text(self, kind: str, path: str) -> str:
        """Give a canary for a text."""
        canary = f"knry{len(self.places):05d}y"
        self.places[canary] = (kind, path)
        return canary

    def day(self, kind: str, path: str) -> str:
        """Give a canary for a day."""
        canary = (_FIRST + timedelta(days=len(self.places))).isoformat()
        self.places[canary] = (kind, path)
        return canary

    def let_out(self, kind: str, shape: type[BaseModel]) -> set[str]:
        """Give the canaries that stand in the fields of a kind which a shape names."""
        named = fields(shape)
        return {canary for canary, (of, path) in self.places.items() if of == kind and path in named}

    def found(self, *texts: str | bytes) -> set[str]:
        """Give the canaries that stand in texts, however these spell letters."""
        met: set[str] = set()
        for text in texts:
            plain = text if isinstance(text, str) else text.decode(errors="replace")
            met |= {each.lower() for each in CANARY.findall(plain)} | set(DAY.findall(plain))
        return met & self.places.keys()


def fields(shape: type[BaseModel], under: str = "") -> set[str]:
    """Name the fields of a shape that hold values, by their paths."""
    found: set[str] = set()
    for name, facts in shape.model_fields.items():
        inner = _models(facts.annotation)
        found |= fields(inner[0], f"{under}{name}.") if inner else {f"{under}{name}"}
    return found


def _models(hint: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - a type hint
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    return [] if get_origin(hint) is Literal else [each for arg in get_args(hint) for each in _models(arg)]


def written(record: Mapping[str, Any]) -> str:
    """Write a record as the ledger keeps it."""
    return json.dumps(record, separators=(",", ":"))
