"""Choose from the list of streams that a tap tells (Singer, DISCOVERY_MODE.md): one stream, and perhaps its fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from patto_connectors.json import parse_strict
from patto_connectors.singer import troubles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_connectors.singer.settings import SingerSettings


def chosen(discovered: bytes, settings: SingerSettings) -> bytes:
    """Give the catalogue with the stream and the fields that are wanted selected, and nothing else.

    Both ways of saying so are used: metadata, and `selected` in the schema, which old taps look at.

    Raises:
        Malformed: `tap.catalog`.
        Refused: `tap.stream`.
    """
    try:
        catalog = parse_strict(discovered)
        streams = {str(each.get("stream") or each["tap_stream_id"]): each for each in catalog["streams"]}
        if settings.stream not in streams:
            raise troubles.stream(settings.stream, list(streams))
        for name, stream in streams.items():
            _select(stream, settings, wanted=name == settings.stream)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise troubles.catalog() from None
    return json.dumps(catalog).encode()


def _select(stream: dict[str, Any], settings: SingerSettings, *, wanted: bool) -> None:
    schema = stream.setdefault("schema", {})
    schema["selected"] = wanted
    stream["selected"] = wanted
    metadata = {tuple(each["breadcrumb"]): each["metadata"] for each in stream.get("metadata") or ()}
    top = metadata.setdefault((), {})
    top["selected"] = wanted
    if wanted:
        for name, value in _replication(settings):
            top[f"replication-{name}"] = stream[f"replication_{name}"] = value
        if settings.fields is not None:
            for field in schema.get("properties") or {}:
                metadata.setdefault(("properties", field), {})["selected"] = field in settings.fields
    stream["metadata"] = [{"breadcrumb": list(where), "metadata": what} for where, what in metadata.items()]


def _replication(settings: SingerSettings) -> Iterator[tuple[str, str]]:
    if settings.snapshot:
        yield "method", "FULL_TABLE"
    elif settings.replication_key is not None:
        yield "method", "INCREMENTAL"
        yield "key", settings.replication_key
