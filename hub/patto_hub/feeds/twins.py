"""The twin of a view's shape: reads the same fields of canonical JSON and writes the same bytes, several times faster.

A shape says in pydantic what may leave; its twin is a msgspec struct with the same fields, so what it does not name is
skipped while reading. A twin is never more lenient than its shape: what it refuses goes to the shape, which decides.
Of a shape with types whose spelling the two libraries do not share (floats, instants, choices of several types) there
is no twin.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from patto_hub.feeds.marked import Pseudonym

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.feeds.spec import Projection

_DECIMAL: Final = Annotated[str, msgspec.Meta(pattern=r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?$")]
"""A decimal number as our records spell it; in this range `Decimal` gives each text back as it was."""
_SAME: Final = {str: str, int: int, bool: bool, date: date, Decimal: _DECIMAL}


class _NoTwin(TypeError):  # noqa: N818 - says what is wrong
    """The two libraries may read or write such a type differently."""


class Twin:
    """Reads records of one shape; what it gives is written by `msgspec.json.encode`."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._one = msgspec.json.Decoder(struct)
        self._many = msgspec.json.Decoder(list[struct | None])  # type: ignore[valid-type] # made while running

    def read(self, payload: str | bytes | msgspec.Raw) -> msgspec.Struct:
        """Read what may leave of one record.

        Raises:
            msgspec.MsgspecError: the shape has to look at it itself.
        """
        return self._one.decode(payload)

    def read_all(self, payloads: str | bytes) -> Sequence[msgspec.Struct | None]:
        """Read what may leave of the records of a JSON array, in which null is a record that is gone; raises alike."""
        return self._many.decode(payloads)


@lru_cache(maxsize=256)
def twin_of(shape: type[Projection]) -> Twin | None:
    """Give a shape's twin; None if there can be none."""
    try:
        return Twin(_struct(shape))
    except _NoTwin:
        return None


def _struct(shape: type[BaseModel]) -> type[msgspec.Struct]:
    plain = shape.__pydantic_decorators__
    if any((plain.validators, plain.field_validators, plain.root_validators, plain.model_validators)):
        raise _NoTwin(shape.__name__)
    if any((plain.field_serializers, plain.model_serializers, plain.computed_fields)):
        raise _NoTwin(shape.__name__)
    fields = [_field(name, facts) for name, facts in shape.model_fields.items()]
    return msgspec.defstruct(shape.__name__, fields, kw_only=True, omit_defaults=True, frozen=True, gc=False)


def _field(name: str, facts: Any) -> tuple[str, Any] | tuple[str, Any, Any]:  # noqa: ANN401 - pydantic's FieldInfo, types
    if facts.alias or facts.validation_alias or facts.serialization_alias or facts.exclude or facts.default_factory:
        raise _NoTwin(name)
    if any(not isinstance(each, Pseudonym) for each in facts.metadata):
        raise _NoTwin(name)
    kind, nullable = _kind(facts.annotation)
    if facts.default is PydanticUndefined:
        if nullable:
            raise _NoTwin(name)
        return name, kind
    if facts.default is None:
        return name, kind | None, None  # left out where it is None, as `exclude_none` does
    if nullable or not (isinstance(facts.default, (str, int)) or facts.default == ()):
        raise _NoTwin(name)
    return name, kind, msgspec.field(default_factory=_giving(facts.default))  # a default that is written


def _giving(value: object) -> Any:  # noqa: ANN401 - a function without parameters
    return lambda: value


def _kind(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - type hints
    """Give the twin of a type, and whether there may be nothing instead."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        choices = [each for each in args if each is not NoneType]
        if len(choices) != 1 or len(choices) == len(args):
            raise _NoTwin(str(hint))
        return _kind(choices[0])[0], True
    return _stated(hint, origin, args), False


def _stated(hint: Any, origin: Any, args: tuple[Any, ...]) -> Any:  # noqa: ANN401 - type hints
    if origin is Annotated and all(isinstance(each, Pseudonym) for each in args[1:]):
        return _stated(args[0], get_origin(args[0]), get_args(args[0]))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 - (each, ...)
        each, nullable = _kind(args[0])
        if not nullable:
            return tuple[each, ...]  # type: ignore[valid-type] # made while running
    if origin is Literal and all(isinstance(each, str) for each in args):
        return hint
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _struct(hint)
    if hint in _SAME:
        return _SAME[hint]
    raise _NoTwin(str(hint))
