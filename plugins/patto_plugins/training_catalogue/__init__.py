"""The regional training catalogue: courses by XCRI-CAP or ELM, enrolments both ways by REST, registers as files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_connectors.files import DropFolderSource, Reading
from patto_connectors.rest.source import RestSource
from patto_connectors.xml import http_body
from patto_hub import Connector, Refused, hookimpl
from patto_plugins.training_catalogue import attendance, closings, elm, requests, xcri
from patto_plugins.training_catalogue.checks import CHECKS
from patto_plugins.training_catalogue.enrolments import CatalogueEnrolment
from patto_plugins.training_catalogue.settings import CatalogueSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from patto_connectors.http.settings import HttpSettings
    from patto_connectors.xml.source import Body
    from patto_hub import Check, FeedSpec, Sink, Source
    from patto_schemas.model import CourseOffering, Organisation


@hookimpl
def register_connectors() -> list[Connector[Any]]:
    """Name the catalogue's streams: four that are read, and the requests that it is sent."""
    return [
        Connector(
            name="courses",
            settings=CatalogueSettings,
            source=courses_source,
            translate=translate_course,
            kinds=("course_offering", "organisation"),
            summary={"it": "Corsi ed edizioni del catalogo formativo", "en": "Courses and editions of the catalogue"},
        ),
        Connector(
            name="enrolments",
            settings=CatalogueSettings,
            source=enrolments_source,
            translate=CatalogueEnrolment,
            kinds=("enrolment",),
            summary={"it": "Iscrizioni ai corsi e ai tirocini", "en": "Enrolments in courses and internships"},
        ),
        Connector(
            name="attendance",
            settings=CatalogueSettings,
            source=attendance_source,
            translate=attendance.translate,
            key_of=attendance.key_of,
            kinds=("attendance_day",),
            summary={"it": "Registri delle presenze", "en": "Attendance registers"},
        ),
        Connector(
            name="closings",
            settings=CatalogueSettings,
            source=closings_source,
            translate=closings.translate,
            kinds=("enrolment",),
            summary={"it": "Chiusure delle edizioni, con attestati", "en": "Closings of editions, with certificates"},
        ),
        Connector(
            name="requests",
            settings=CatalogueSettings,
            sink=requests_sink,
            render=requests.render,
            summary={"it": "Richieste di iscrizione al catalogo", "en": "Requests to enrol, to the catalogue"},
        ),
    ]


@hookimpl
def register_feeds() -> Iterable[FeedSpec]:
    """Name the feed of requests to enrol."""
    return (requests.REQUESTS,)


@hookimpl
def register_checks() -> Iterable[Check]:
    """Name the rules that compare the catalogue's word with others'."""
    return CHECKS


def courses_source(settings: CatalogueSettings) -> Source:
    """Read the catalogue in its dialect, over HTTP or from a drop folder."""
    wanted = settings.courses
    read: Callable[[Body], Source] = partial(xcri.source, tongue=wanted.language)
    if wanted.dialect == "elm":
        read = partial(elm.source, tongue=wanted.language, xsd=wanted.xsd)
    if wanted.folder is not None:
        return DropFolderSource(folder=wanted.folder, xml=read)
    return read(http_body(_http(settings), wanted.path))


def translate_course(row: Mapping[str, Any]) -> CourseOffering | Organisation:
    """Translate a row of either dialect: each names its own."""
    return xcri.translate(row) if row["is"] in xcri.ROWS else elm.translate(row)


def enrolments_source(settings: CatalogueSettings) -> Source:
    """Read the enrolments that changed."""
    return RestSource(settings.listing(_http(settings)))


def closings_source(settings: CatalogueSettings) -> Source:
    """Read the closings of editions that changed."""
    return RestSource(settings.closed(_http(settings)))


def requests_sink(settings: CatalogueSettings) -> Sink:
    """Send requests to enrol."""
    return requests.sink(settings.requests.path, _http(settings))


def attendance_source(settings: CatalogueSettings) -> Source:
    """Read the registers that were dropped; what became of each row is written back as `<file>_esito.csv`."""
    wanted = settings.attendance
    if wanted is None:
        raise Refused("settings.missing", "No drop folder is set.", hint="set `attendance.folder` for this partner")
    return DropFolderSource(
        folder=wanted.folder,
        done=wanted.done,
        ready=wanted.ready,
        settle_seconds=wanted.settle_seconds,
        reading=Reading(charset=wanted.charset),
    )


def _http(settings: CatalogueSettings) -> HttpSettings:
    if settings.http is None:
        raise Refused("settings.missing", "No service is set.", hint="set `http.base_url` for this partner")
    return settings.http
