"""What a cooperative's folder needs to be told, and how its registers differ from what was agreed."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it at run time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from patto_connectors.files import DropFolderSource, FileSink
from patto_connectors.http.settings import Part
from patto_connectors.push import RowDoor
from patto_connectors.sftp import SftpSettings, SftpSink, SftpSource
from patto_hub import Refused
from patto_plugins.cooperatives.profiles import INTERNSHIPS, PROFILES, SERVICE_REGISTERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from patto_connectors.contract import Door, Source
    from patto_plugins.cooperatives.profiles import Profile

SHEETS = frozenset(each.name for profile in PROFILES for each in profile.registers)
FIELDS = frozenset(name for profile in PROFILES for each in profile.registers for name in (*each.columns, *each.above))
WORKBOOKS = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
)
REQUIRED = frozenset(name for profile in PROFILES for each in profile.registers for name in each.required)


class CooperativeSettings(Part):
    """One cooperative: where its registers lie, by SFTP or in a folder of ours, and what they call things."""

    sftp: SftpSettings | None = None
    """Its server, with the key that it must show; `folder` for the registers, `deliveries` for the assignments."""
    folder: Path | None = None
    """Where it drops its registers, as `/srv/patto/coop_aurora/registri`, if it has no server."""
    done: Path | None = None
    """Where a register goes once it was read, with `folder`; without it, it stays."""
    services: str | None = Field(None, min_length=1, examples=["/servizi"])
    """Where its service registers lie, if not among the others: on its server, or a folder of ours."""
    deliveries: Path | None = None
    """Where the assignments go, with `folder`."""
    ready: Literal["settled", "done"] = "settled"
    """When a file is read: once it has settled, or when `<name>.done` lies beside it."""
    settle_seconds: float = Field(5.0, ge=0, le=3_600)
    """Seconds for which a file must not have changed before it is read."""
    sheets: Mapping[str, str] = {}
    """What its sheets are called, where it is otherwise: `{ Presenze = "foglio firme*" }`."""
    aliases: Mapping[str, tuple[str, ...]] = {}
    """What its columns are called, where it is otherwise: `{ "N. progetto" = ["Progetto", "PFI"] }`."""
    without: frozenset[str] = frozenset()
    """Agreed columns that it does not have: `["Attività"]`."""
    legend: tuple[str, ...] = ("Legenda",)
    """Words of the header at which a table ends."""
    bodies: tuple[str, ...] = ()
    """VAT numbers or tax codes of the cooperative and of its hosts: it is handed whom they are to take in."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if (self.sftp is None) == (self.folder is None):
            raise ValueError("must hold `sftp` or `folder`, exactly one of the two")
        if self.sftp is not None and (self.done or self.deliveries):
            raise ValueError("`done` and `deliveries` go with `folder`; with `sftp` they stand in it")
        for given, known in ((self.sheets, SHEETS), (self.aliases, FIELDS), (self.without, FIELDS - REQUIRED)):
            if unknown := sorted(set(given) - known):
                raise ValueError(f"{', '.join(unknown)}: not among {', '.join(sorted(known))}")
        return self


def registers(profile: Profile, settings: CooperativeSettings) -> Source:
    """Make the source of a cooperative's registers; what became of each row is written back beside them."""
    reading = profile.reading(settings.sheets, settings.aliases, settings.without, settings.legend)
    elsewhere = settings.services if profile is SERVICE_REGISTERS else None
    if settings.sftp is not None:
        server = settings.sftp if elsewhere is None else settings.sftp.model_copy(update={"folder": elsewhere})
        return SftpSource(
            settings=server, ready=settings.ready, settle_seconds=settings.settle_seconds, reading=reading
        )
    if settings.folder is None:
        raise _missing("folder")
    return DropFolderSource(
        folder=settings.folder if elsewhere is None else Path(elsewhere),
        done=settings.done,
        ready=settings.ready,
        settle_seconds=settings.settle_seconds,
        reading=reading,
    )


def handed(settings: CooperativeSettings) -> Door:
    """Make the door for registers that a cooperative hands in itself, by the portal or by its own program.

    Workbooks only: of a CSV file nobody could tell, without its name, of which sheet it is the whole.
    """
    reading = INTERNSHIPS.reading(settings.sheets, settings.aliases, settings.without, settings.legend)
    return RowDoor(media_types=WORKBOOKS, reading=reading).door()


def files(
    settings: CooperativeSettings, columns: Sequence[str], legend: Sequence[tuple[str, str]]
) -> SftpSink | FileSink:
    """Make the sink of a cooperative's workbooks.

    Raises:
        Refused: `settings.missing`: no folder for deliveries; in that of the registers they would be read back.
    """
    if settings.sftp is not None:
        if settings.sftp.deliveries is None:
            raise _missing("sftp.deliveries")
        return SftpSink(settings=settings.sftp, form="xlsx", columns=columns, legend=legend)
    if settings.deliveries is None:
        raise _missing("deliveries")
    return FileSink(folder=settings.deliveries, form="xlsx", columns=columns, legend=legend)


def _missing(name: str) -> Refused:
    return Refused(
        "settings.missing", "A folder is not set.", hint=f"Scrivere «{name}» (set `{name}`): chi gestisce il server."
    )
