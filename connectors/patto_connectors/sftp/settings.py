"""What a partner's SFTP server needs to be told: where, who we are, who it must be, which folders, our patience."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - a field's type
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from patto_connectors.http.settings import MIB, Part
from patto_connectors.sftp.pins import Pin, read_pin


def _pinned(value: str) -> str:
    read_pin(value)
    return value


def _folder(value: str) -> str:
    if "\0" in value or ".." in value.split("/"):
        raise ValueError("must be a folder on the server, such as /in or consegne/in")
    return value.rstrip("/") or "/"


HostKey = Annotated[str, AfterValidator(_pinned)]
RemoteFolder = Annotated[str, Field(min_length=1), AfterValidator(_folder)]


class SftpTimeouts(Part):
    """How long to wait, in seconds."""

    connect: float = Field(20.0, gt=0)
    """Until the server has let us in."""
    operation: float = Field(30.0, gt=0)
    """For one request: a listing, a piece of a file, a rename."""
    file: float = Field(1_800.0, gt=0)
    """For one whole file."""
    rate: int = Field(1_024, ge=0)
    """Bytes per second that a file must reach in each `rate_window`; slower ones are ended (slow loris)."""
    rate_window: float = Field(60.0, gt=0)
    """The seconds over which `rate` is taken."""
    keepalive: float = Field(15.0, gt=0)
    """A sign of life after so much silence; after three without an answer the connection is given up."""


class SftpCaps(Part):
    """How much a server may hand over."""

    file: int = Field(512 * MIB, gt=0)
    """Bytes of one file."""
    names: int = Field(10_000, gt=0)
    """Names that a folder may hold."""


class SftpSettings(Part):
    """One partner's SFTP server; nothing is taken from the home folder, agent or settings of whoever runs us."""

    host: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")
    """The server's name, for example `sftp.ambito.example`."""
    port: int = Field(22, ge=1, le=65_535)
    """The port at which it listens."""
    user: str = Field(min_length=1)
    """Our user on the server."""
    password: SecretStr | None = None
    """Its password, by reference: `{ file = "..." }` or `{ env = "..." }`; or a key."""
    key: SecretStr | None = None
    """Our private key, the whole text; or `key_file`."""
    key_file: Path | None = None
    """The file of our private key."""
    key_password: SecretStr | None = None
    """What our private key is locked with; a locked key must be PKCS#8 (`openssl pkcs8 -topk8`)."""
    host_keys: tuple[HostKey, ...] = Field(min_length=1)
    """The server's public key as `ssh-ed25519 AAAA...`, or its fingerprint `SHA256:...`, with its kind before it where
    the server has keys of several kinds. Old and new while the partner changes it. Asked of the partner by another way
    than SFTP: whoever accepts the first key that comes has not checked anything."""
    folder: RemoteFolder
    """Where the partner's files lie, or where ours go."""
    done: RemoteFolder | None = None
    """Where processed files are moved to; without it they stay, and are known."""
    outcomes: RemoteFolder | None = None
    """Where outcome files go; without it beside the files."""
    deliveries: RemoteFolder | None = None
    """Where our files go, if not into `folder`."""
    timeouts: SftpTimeouts = SftpTimeouts()
    caps: SftpCaps = SftpCaps()

    @model_validator(mode="after")
    def _can_log_in(self) -> SftpSettings:
        if self.key is not None and self.key_file is not None:
            raise ValueError("must hold `key` or `key_file`, not both")
        if self.password is None and self.key is None and self.key_file is None:
            raise ValueError("must hold a `password`, a `key` or a `key_file`")
        return self

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Give the pinned keys."""
        return tuple(map(read_pin, self.host_keys))
