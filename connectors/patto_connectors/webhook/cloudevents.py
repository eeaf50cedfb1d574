"""The same messages in the envelope of CloudEvents 1.0, for receivers whose platform expects one.

Sources: CloudEvents specification 1.0.2, its JSON event format and its HTTP protocol binding.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from patto_connectors.webhook.message import JSON, Message, instant

if TYPE_CHECKING:
    from patto_connectors.webhook.message import Event

STRUCTURED = "application/cloudevents+json"
_PLAIN_IN_HEADER: Final = "".join(map(chr, range(0x21, 0x7F))).translate({ord(each): None for each in '"%'})
"""What an attribute's value need not escape in a header (HTTP protocol binding, section 3.1.3.2)."""


def structured(event: Event, source: str, schema: str = "") -> Message:
    """Wrap an event whole: one JSON object, attributes and data together.

    Args:
        event: what happened.
        source: who says so: an address of the hub, the same for all its events. With the event's id it is unique.
        schema: address of the schema of `data`, where there is one.
    """
    members = {**_attributes(event, source, schema), "datacontenttype": event.media_type}
    head = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
    if event.media_type.partition(";")[0].strip() == JSON:
        body = head + b',"data":' + event.data.strip() + b"}"
    else:
        body = head + b',"data_base64":"' + base64.b64encode(event.data) + b'"}'
    return Message(event.id, body, STRUCTURED)


def binary(event: Event, source: str, schema: str = "") -> Message:
    """Send an event's data as they are, with its attributes as headers.

    Args:
        event: what happened.
        source: who says so: an address of the hub, the same for all its events.
        schema: address of the schema of the data, where there is one.
    """
    attributes = _attributes(event, source, schema)
    headers = {f"ce-{name}": quote(value, safe=_PLAIN_IN_HEADER) for name, value in attributes.items()}
    return Message(event.id, event.data, event.media_type, headers)


def _attributes(event: Event, source: str, schema: str) -> dict[str, str]:
    """Give the attributes that say something; an empty one is left out, for the specification allows none."""
    found = {
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": instant(event.at),
        "dataschema": schema,
    }
    return {name: value for name, value in found.items() if value}
