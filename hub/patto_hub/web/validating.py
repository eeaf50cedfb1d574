"""Validations: what a body would come to if it were handed in, row by row, before anything of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_connectors.contract import Pushed
from patto_connectors.errors import Trouble
from patto_hub.road.read import PluginFault
from patto_hub.road.trial import SHOWN, no_look
from patto_hub.road.troubles import Stopped
from patto_hub.road.validate import validate as tried
from patto_hub.web import door, receiving
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from patto_hub.jobs import Job
    from patto_hub.road.trial import Look
    from patto_hub.road.validate import Trial
    from patto_hub.web.door import StreamParams
    from patto_hub.web.site import Site

Class = Literal["new", "changed", "unchanged", "duplicate", "parked", "quarantined", "refused"]
Owner = Literal["partner", "ambito", "engineer", "region"]
log = structlog.get_logger("patto.web")


class RowTriedBody(BaseModel):
    """What would become of one record."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: str = Field(examples=["riga 12"])
    """Where its row stands."""
    kind: str | None = Field(default=None, examples=["pact"])
    """The kind of record; absent for a row that is known already, or gives none."""
    verdict: Class


class WrongBody(BaseModel):
    """One thing that keeps a record from being taken at once; no value of the row is repeated."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: str = Field(examples=["riga 12"])
    """Where its row stands."""
    verdict: Literal["parked", "quarantined", "refused"]
    """`parked`: good, and waits for a record that has not come yet; `refused`: not yours to send."""
    kind: str | None = Field(default=None, examples=["pact"])
    pointer: str | None = Field(default=None, examples=["/started_on"])
    """JSON pointer (RFC 6901) into the record, where the fault has a field."""
    code: str = Field(examples=["field.date"])
    """The issue's stable code."""
    detail: str
    """What is wrong, in Italian."""
    detail_en: str
    """What is wrong, in English."""
    what_to_do: str
    """How to mend it, in Italian."""
    what_to_do_en: str
    """How to mend it, in English."""
    example: str | None = Field(default=None, examples=["2026-03-02"])
    """A right value."""
    who_can_fix: Owner
    """Who can mend it."""


class ValidationBody(BaseModel):
    """What a body would come to if it were handed in now; nothing of it was kept."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    good: bool
    """Whether every record would be taken at once."""
    counts: dict[str, int]
    """As in a receipt: `read` is the sum of the others."""
    removed: int
    """Records that would be taken away, because the file replaces what it no longer names."""
    held: str | None = None
    """Why the stream would be held until a person has looked, in Italian; absent if it would not."""
    held_en: str | None = None
    """The same in English."""
    problem_count: int
    """How many problems there are, those not listed too."""
    errors: list[WrongBody] = Field(max_length=SHOWN)
    """The first problems, in the order of the rows."""
    rows: list[RowTriedBody] = Field(max_length=SHOWN)
    """The first records with their verdicts."""


@endpoint(
    "POST",
    "/streams/{stream}/validations",
    access=Access.PARTNER,
    params=door.StreamParams,
    takes=receiving.TAKES,
    answers={200: ValidationBody},
    problems=(*door.PROBLEMS, "validation-too-long"),
)
async def validation(call: Call[StreamParams, Nothing]) -> web.StreamResponse:
    """Say what a body would come to if it were handed in now; nothing of it is kept.

    Takes what `POST /streams/{stream}` takes. The verdicts are those that the receipt would tell, as of now: what other
    partners send in between may still change them.
    """
    job, its_door = door.stream_of(call)
    async with call.site.pushes.of(job.partner):
        came = await receiving.received(call.site, call.request, its_door.media_types)
        body = Pushed(number=0, name=call.site.world.token(16), content=came.content, media_type=came.media_type)
        try:
            found = await validate(call.site, job, body)
        except Stopped as stopped:
            it, _, en = stopped.detail.partition(" | ")
            raise Problem("validation-too-long", (it, en or it)) from None
        except (Trouble, PluginFault) as fault:
            log.warning("validation.failed", job=job.name, error=type(fault.__cause__ or fault).__name__)
            raise door.at_rest() from None
    return web.json_response(validation_body(found).model_dump(mode="json", exclude_none=True))


ENDPOINTS: Final = (validation,)


async def validate(site: Site, job: Job, body: Pushed, look: Look = no_look) -> Trial:
    """Say what a body would come to; few at a time, over all partners, so that trials hold up nothing else.

    `look` is shown what would become current.

    Raises:
        Stopped: it takes too long, or has too many rows.
        Trouble: the plugin does not come back.
        PluginFault: the plugin's own code failed.
    """
    async with site.trials.of(job.partner), site.all_trials.of(""):
        return await tried(job, body, ledger=site.ledger, world=site.world, look=look)


def validation_body(trial: Trial) -> ValidationBody:
    """Give a trial as it is answered."""
    return ValidationBody(
        good=trial.good,
        counts=dict(trial.counts),
        removed=trial.removed,
        held=None if trial.held is None else trial.held[0],
        held_en=None if trial.held is None else trial.held[1],
        problem_count=trial.problem_count,
        errors=[
            WrongBody.model_validate(
                {
                    "position": each.position,
                    "verdict": each.verdict,
                    "kind": each.kind,
                    "pointer": each.field or None,
                    "code": each.code,
                    "detail": each.message,
                    "detail_en": each.message_en,
                    "what_to_do": each.what_to_do,
                    "what_to_do_en": each.what_to_do_en,
                    "example": each.example or None,
                    "who_can_fix": each.owner,
                }
            )
            for each in trial.problems
        ],
        rows=[
            RowTriedBody.model_validate({"position": each.position, "kind": each.kind, "verdict": each.verdict})
            for each in trial.rows
        ],
    )
