"""What a lender's service and a bank need to be told, and how they are read."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, model_validator

from patto_connectors.files import DropFolderSource
from patto_connectors.http.settings import ApiKey, NoAuth, Part
from patto_connectors.iso20022 import CamtSettings, CamtSource, PaymentSettings
from patto_connectors.rest.service import ServiceSettings
from patto_connectors.rest.settings import CursorPages, FailureFlag, RestSettings, Since
from patto_connectors.rest.source import RestSource
from patto_connectors.sftp import SftpSettings, SftpSource
from patto_hub import Refused

if TYPE_CHECKING:
    from typing import Self

    from patto_connectors.http.settings import Auth
    from patto_connectors.xml.source import Body
    from patto_hub import Source


class LenderSettings(ServiceSettings):
    """One microcredit operator."""

    key: SecretStr | None = None
    """The key that the operator gave us, sent as `X-Api-Key`; never written into the settings file itself."""

    def auth(self) -> Auth:
        """Give the operator's key, where there is one."""
        return ApiKey(key=self.key) if self.key else NoAuth()


def listing(name: str, settings: LenderSettings) -> Source:
    """Make the source of one listing: `pratiche`, `visite` or `disposizioni`."""
    return RestSource(
        RestSettings(
            http=settings.http(),
            path=f"v1/{name}",
            items="elenco",
            pages=CursorPages(param="segno", next="segnoSuccessivo"),
            size=settings.page_size,
            size_param="quante",
            since=Since(param="aggiornateDal", field="aggiornatoIl", overlap=settings.overlap),
            failure=FailureFlag(passing=frozenset({"MANUTENZIONE"})),
        )
    )


class BankSettings(Part):
    """One bank: where its statements lie, and from which accounts it pays."""

    way: Literal["folder", "sftp"] = "folder"
    """Whether files go through folders of this machine (or mounted shares), or through the bank's SFTP server."""
    folder: Path | None = None
    """Where the bank drops statements and notices, as `/srv/patto/banca/estratti`."""
    done: Path | None = None
    """Where a file of `folder` goes once it was read; without it, it stays."""
    outcomes: Path | None = None
    """Where outcome files go; without it beside the files of `folder`."""
    deliveries: Path | None = None
    """Where our order files go, as `/srv/patto/banca/disposizioni`."""
    sftp: SftpSettings | None = None
    """The bank's server; `folder`, `done`, `outcomes` and `deliveries` there are its own."""
    ready: Literal["settled", "done"] = "settled"
    """Read a file when it has stopped growing, or when `<name>.done` lies beside it."""
    settle_seconds: float = Field(5.0, ge=0, le=3_600)
    """How long a file must not have changed before it is read."""
    camt: CamtSettings = CamtSettings()
    """How statements are judged: `xsd`, a folder with the official schemas."""
    accounts: tuple[PaymentSettings, ...] = ()
    """The accounts that orders are paid from, one for each operator."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.way == "sftp" and self.sftp is None:
            raise ValueError('must hold `sftp` where `way` is "sftp"')
        if self.way == "folder" and self.folder is None and self.deliveries is None:
            raise ValueError('must hold `folder`, `deliveries` or both where `way` is "folder"')
        numbers = [each.debtor_iban for each in self.accounts]
        if len(set(numbers)) != len(numbers):
            raise ValueError("must hold each account once")
        return self


def statements(settings: BankSettings) -> Source:
    """Make the source of a bank's statements and notices, of whatever version: each file says its own.

    Raises:
        Refused: `settings.missing`: no folder is set.
    """

    def read(body: Body) -> Source:
        return CamtSource(body=body, xsd=settings.camt.xsd)

    if settings.way == "sftp" and settings.sftp is not None:
        return SftpSource(
            settings=settings.sftp, ready=settings.ready, settle_seconds=settings.settle_seconds, xml=read
        )
    if settings.folder is None:
        raise missing("folder")
    return DropFolderSource(
        folder=settings.folder,
        done=settings.done,
        outcomes=settings.outcomes,
        ready=settings.ready,
        settle_seconds=settings.settle_seconds,
        xml=read,
    )


def missing(name: str) -> Refused:
    """Say that a setting is needed for this stream."""
    return Refused("settings.missing", f"`{name}` is not set.", hint=f"set `{name}` for this bank")
