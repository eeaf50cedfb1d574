"""What the plugin asks of a training catalogue's configuration; one model for all its streams."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import Literal

from pydantic import Field

from patto_connectors.http.settings import HttpSettings, Part
from patto_connectors.rest.settings import CursorPages, RestSettings, Since
from patto_schemas.model.types import Language  # noqa: TC001 - pydantic reads it at run time


class Courses(Part):
    """Where the courses are published, and in which dialect."""

    dialect: Literal["xcri", "elm"] = "xcri"
    """XCRI-CAP 1.2, or the European Learning Model 3.1 (LOQ profile)."""
    path: str = "courses.xml"
    """Below `http.base_url`, as `export/courses.xml`."""
    folder: Path | None = None
    """Read XML files from this drop folder instead of over HTTP."""
    xsd: Path | None = None
    """A local copy of the LOQ schema (`loq.xsd`); opportunities that break it are set aside alone. ELM only."""
    language: Language = "it"
    """The language of texts that do not say theirs."""


class Enrolments(Part):
    """Where the enrolments are listed."""

    path: str = "enrolments"
    """Below `http.base_url`."""
    page_size: int = Field(500, ge=1, le=5_000)
    """Enrolments to ask for at a time."""
    overlap: float = Field(300.0, ge=0)
    """Seconds before the newest change seen to ask again, for enrolments that were committed late."""


class Requests(Part):
    """Where requests to enrol are sent."""

    path: str = "requests"
    """Below `http.base_url`."""


class Closings(Part):
    """Where the closings of course editions are listed."""

    path: str = "closings"
    """Below `http.base_url`."""
    page_size: int = Field(100, ge=1, le=1_000)
    """Closings to ask for at a time; each holds all participants of an edition."""


class Attendance(Part):
    """Where the registers are dropped."""

    folder: Path
    """Where the partner puts its files, as `/srv/scambio/catalogo/presenze`."""
    done: Path | None = None
    """Where read files are moved to; without it they stay."""
    ready: Literal["settled", "done"] = "settled"
    """Read a file when it has stopped growing, or when `<name>.done` lies beside it."""
    settle_seconds: float = Field(5.0, ge=0)
    """How long a file must not have changed before it is read."""
    charset: str | None = None
    """Where it was agreed, as `cp1252`; UTF-8 is recognised by itself."""


class CatalogueSettings(Part):
    """A training catalogue: what is not set is not read."""

    http: HttpSettings | None = None
    """The catalogue's service; courses and enrolments are read there."""
    courses: Courses = Courses()
    enrolments: Enrolments = Enrolments()
    requests: Requests = Requests()
    closings: Closings = Closings()
    attendance: Attendance | None = None

    def listing(self, http: HttpSettings) -> RestSettings:
        """Give the listing of the enrolments: cursor pages, only what changed since the last run."""
        wanted = self.enrolments
        return RestSettings(
            http=http,
            path=wanted.path,
            items="iscrizioni",
            pages=CursorPages(next="prossimo"),
            size=wanted.page_size,
            since=Since(param="modificate_dal", field="aggiornata_il", overlap=wanted.overlap),
        )

    def closed(self, http: HttpSettings) -> RestSettings:
        """Give the listing of the closings: cursor pages, only what changed since the last run."""
        return RestSettings(
            http=http,
            path=self.closings.path,
            items="chiusure",
            pages=CursorPages(next="prossimo"),
            size=self.closings.page_size,
            since=Since(param="modificate_dal", field="aggiornata_il", overlap=self.enrolments.overlap),
        )
