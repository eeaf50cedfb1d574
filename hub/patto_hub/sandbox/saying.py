"""Lets partners of the invented world say records: a run for each of them, on the road that everything takes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import json
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.judge import judge
from patto_hub.ledger import partners
from patto_hub.road import runner
from patto_schemas.model import ENTITIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from patto_connectors.contract import Cursor
    from patto_hub.compose.hub import Hub
    from patto_hub.sandbox.inventing import Statement
    from patto_schemas.model.base import Entity

STREAM: Final = "happening"
"""The stream that they are said in."""


class Nothing(BaseModel):
    """The settings of a stream that needs none."""


@dataclass(frozen=True, slots=True)
class _Once:
    """A source of rows that are there."""

    rows: Sequence[bytes]

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Give them."""
        del after
        yield Batch(rows=self.rows, name=STREAM)


async def say(hub: Hub, said: Iterable[Statement]) -> None:
    """Record what is said, partner by partner."""
    numbers = await hub.ledger.read(partners.numbers)
    rows: dict[str, list[bytes]] = defaultdict(list)
    for teller, record in said:
        rows[teller].append(_row(record))
    for partner, those in rows.items():
        outcome = await runner.run(
            _job(partner, numbers[partner], those),
            ledger=hub.ledger,
            world=hub.world,
            owner=hub.owner,
            reason="sandbox",
        )
        if outcome is not None:
            await judge(hub.ledger, hub.world, hub.place, hub.extensions.checks, outcome.pacts)


def _row(record: Entity) -> bytes:
    return b'{"kind":' + json.encode(record.kind) + b',"record":' + record.model_dump_json().encode() + b"}"


def _job(partner: str, number: int, rows: Sequence[bytes]) -> Job:
    connector = Connector(
        name=STREAM,
        settings=Nothing,
        source=lambda _: _Once(rows),
        translate=_read,
        kinds=tuple(ENTITIES),
    )
    return Job(
        name=f"{partner}/{STREAM}",
        partner=partner,
        partner_id=number,
        plugin="",
        connector=connector,
        settings=Nothing(),
        schedule=Schedule(),
    )


def _read(row: Mapping[str, Any]) -> Entity:
    return ENTITIES[row["kind"]].model_validate(row["record"])
