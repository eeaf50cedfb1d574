"""Whether a change of the models breaks those who read or send the published forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from patto_schemas.published.json_schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Baseline: TypeAlias = "dict[str, dict[str, Any]]"
"""What was promised: for each field (`Pact.goals`) what it allows and whether it is required."""
WORDS: Final = frozenset({"description", "title", "$comment", "examples"})


def promises(kind: str) -> Baseline:
    """Give what an entity's published form promises, field by field; words for people are no promise."""
    schema = json_schema(kind)
    objects = {str(schema["title"]): schema, **schema.get("$defs", {})}
    return {
        f"{name}.{field}": {"required": field in each.get("required", ()), "allows": _facts(stated)}
        for name, each in sorted(objects.items())
        for field, stated in each["properties"].items()
    }


def _facts(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    if isinstance(schema, dict):
        return {name: _facts(value) for name, value in schema.items() if name not in WORDS}
    return [_facts(each) for each in schema] if isinstance(schema, list | tuple) else schema


def breaks(promised: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which changes need a step of the version; empty when readers and senders notice nothing.

    A field that is new and optional may come at any time: readers ignore what they do not know. An object that was not
    there before may require what it likes.
    """
    return [*_changed(promised, now), *_newly_required(promised, now)]


def _changed(promised: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for field, before in promised.items():
        after = now.get(field)
        if after is None:
            yield f"{field} was removed"
        elif after["required"] != before["required"]:
            yield f"{field} became {'required' if after['required'] else 'optional'}"
        elif after["allows"] != before["allows"]:
            yield f"{field} allows other values than before"


def _newly_required(promised: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    objects = {field.partition(".")[0] for field in promised}
    for field, after in now.items():
        if field not in promised and after["required"] and field.partition(".")[0] in objects:
            yield f"{field} is new and required"
