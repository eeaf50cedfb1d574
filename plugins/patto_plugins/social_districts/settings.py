"""What an Ambito's service needs to be told, and how its listings are read."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from patto_connectors.files import DropFolderSource, Reading
from patto_connectors.files.nested import Nested
from patto_connectors.files.scope import by_name
from patto_connectors.http.settings import Bearer, NoAuth, Part
from patto_connectors.rest.service import ServiceSettings
from patto_connectors.rest.settings import CursorPages, FailureFlag, RestSettings, Since
from patto_connectors.rest.source import RestSource
from patto_plugins.social_districts.workbook import NESTS, REGISTERS

if TYPE_CHECKING:
    from patto_connectors.contract import Source
    from patto_connectors.http.settings import Auth


class DistrictSettings(ServiceSettings):
    """One Ambito."""

    token: SecretStr | None = None
    """The token that the Ambito gave us; never written into the settings file itself."""

    def auth(self) -> Auth:
        """Give the Ambito's token, where there is one."""
        return Bearer(token=self.token) if self.token else NoAuth()


def source(listing: str, settings: DistrictSettings) -> Source:
    """Make the source of one listing: `persone`, `patti` or `interventi`."""
    return RestSource(
        RestSettings(
            http=settings.http(),
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
