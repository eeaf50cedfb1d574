"""What an Ambito's service needs to be told, and how its listings are read."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, model_validator

from patto_connectors.files import DropFolderSource, Reading
from patto_connectors.files.nested import Nested
from patto_connectors.files.scope import by_name
from patto_connectors.http.settings import (
    Address,
    Bearer,
    Budget,
    Caps,
    HttpSettings,
    NoAuth,
    Part,
    Repeats,
    Timeouts,
    Tls,
)
from patto_connectors.rest.settings import CursorPages, FailureFlag, RestSettings, Since
from patto_connectors.rest.source import RestSource
from patto_plugins.social_districts.workbook import NESTS, REGISTERS

if TYPE_CHECKING:
    from typing import Self

    from patto_connectors.contract import Source


class DistrictSettings(Part):
    """One Ambito."""

    base_url: Address
    """Where the service starts, for example `https://servizi.ambito.example/api`."""
    token: SecretStr | None = None
    """The token that the Ambito gave us; never written into the settings file itself."""
    page_size: int = Field(500, ge=1, le=5_000)
    """Records to ask for at a time."""
    overlap: float = Field(600.0, ge=0, le=86_400)
    """Seconds before the newest record to ask again, for what operators save late."""
    plain_http: bool = False
    """Allow `http:` beyond this machine: only in a closed network."""
    budget: Budget = Budget()
    timeouts: Timeouts = Timeouts()
    repeats: Repeats = Repeats()
    caps: Caps = Caps()
    tls: Tls = Tls()

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        http(self)
        return self


def http(settings: DistrictSettings) -> HttpSettings:
    """Give the settings of the HTTP layer.

    Raises:
        ValidationError: the address is not encrypted.
    """
    return HttpSettings(
        base_url=settings.base_url,
        plain_http=settings.plain_http,
        auth=Bearer(token=settings.token) if settings.token else NoAuth(),
        timeouts=settings.timeouts,
        caps=settings.caps,
        repeats=settings.repeats,
        budget=settings.budget,
        tls=settings.tls,
    )


def source(listing: str, settings: DistrictSettings) -> Source:
    """Make the source of one listing: `persone`, `patti` or `interventi`."""
    return RestSource(
        RestSettings(
            http=http(settings),
            path=f"v1/{listing}",
            items="elementi",
            pages=CursorPages(param="cursore", next="cursoreSuccessivo"),
            size=settings.page_size,
            size_param="limite",
            since=Since(param="modificatoDal", field="modificatoIl", overlap=settings.overlap),
            failure=FailureFlag(passing=frozenset({"MANUTENZIONE"})),
        )
    )


class WorkbookSettings(Part):
    """An Ambito that keeps its pacts in a workbook."""

    folder: Path
    """Where the Ambito drops its workbook, as `/srv/patto/ambito_troia`."""
    done: Path | None = None
    """Where a workbook goes once it was read; without it, it stays."""
    settle_seconds: float = Field(5.0, ge=0, le=3_600)
    """Seconds for which a file must not have changed before it is read."""
    whole: bool = True
    """Whether each workbook holds all that the Ambito has: what the newest one does not name is deleted (rule R13)."""


def workbooks(settings: WorkbookSettings) -> Source:
    """Make the source of an Ambito's workbooks."""
    reading = Reading(registers=REGISTERS, scope=by_name("", "") if settings.whole else None)
    return Nested(
        source=DropFolderSource(
            folder=settings.folder, done=settings.done, settle_seconds=settings.settle_seconds, reading=reading
        ),
        nests=NESTS,
    )
