"""Hand batches to a partner's REST service, each with a key that makes a repeat harmless, and read what it took."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Batch, Receipt
from patto_connectors.errors import Malformed, Rejected, RejectedItem
from patto_connectors.http.client import Answer, Call, open_client
from patto_connectors.http.content import json_text
from patto_connectors.http.redact import code
from patto_connectors.json import at_path, parse_strict
from patto_connectors.rest.answer import broken, refuse_failure

if TYPE_CHECKING:
    from patto_connectors.contract import Row
    from patto_connectors.rest.settings import RestSinkSettings

_PARTLY = frozenset({400, 409, 422})
"""Statuses under which partners also answer per item."""


@dataclass(frozen=True, slots=True)
class RestSink:
    """A sink over one REST address."""

    settings: RestSinkSettings

    async def write(self, batch: Batch) -> Receipt:
        """Hand over one batch.

        Raises:
            Rejected: the partner refused some rows; it took the others.
            Trouble: one of the other three: nothing is known to be taken, and the batch may be handed over again.
        """
        settings = self.settings
        body = f"{{{json.dumps(settings.items)}:[".encode() + b",".join(map(_text, batch.rows)) + b"]}"
        digest = hashlib.sha256(body).hexdigest()
        call = Call(
            method=settings.method,
            path=settings.path,
            headers={"Content-Type": "application/json", settings.key_header: digest},
            body=body,
            statuses=_PARTLY if settings.results else frozenset(),
        )
        async with open_client(settings.http) as client:
            answer, host = await client.fetch(call, self._understand)
        refused = self._refused(answer, len(batch.rows), host)
        if refused:
            detail = f"{host} refused {len(refused)} of {len(batch.rows)} rows"
            raise Rejected("rest.rejected", detail, items=refused, hint="the refused rows say which code each has")
        reference = at_path(answer, settings.reference) if settings.reference else None
        return Receipt(accepted=len(batch.rows), reference="" if reference is None else str(reference), digest=digest)

    def _understand(self, answer: Answer) -> tuple[Any, str]:
        settings = self.settings
        if not (settings.results or settings.reference or settings.failure):
            return None, answer.host
        content = json_text(answer)
        try:
            value = parse_strict(content)
        except ValueError as error:
            raise broken(answer, content, error) from None
        refuse_failure(value, settings.failure, answer.host)
        return value, answer.host

    def _refused(self, answer: Any, sent: int, host: str) -> list[RejectedItem]:  # noqa: ANN401 - a JSON value
        """Give the rows that the partner refused; a result that cannot be matched with its row is no receipt."""
        settings = self.settings
        if settings.results is None:
            return []
        results = at_path(answer, settings.results)
        if not isinstance(results, list) or len(results) != sent:
            count = len(results) if isinstance(results, list) else 0
            raise Malformed("rest.results", f"{host} gives {count} results for {sent} rows", hint="ask the partner")
        return [
            RejectedItem(
                index, code(at_path(result, settings.code)), f"status {code(at_path(result, settings.status))}"
            )
            for index, result in enumerate(results)
            if not self._good(at_path(result, settings.status))
        ]

    def _good(self, status: object) -> bool:
        if isinstance(status, int) and not isinstance(status, bool):
            return 200 <= status < 300  # noqa: PLR2004 - RFC 9110 section 15.3
        return status in self.settings.good


def _text(row: Row) -> bytes:
    return row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
