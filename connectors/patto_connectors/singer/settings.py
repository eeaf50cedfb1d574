"""What a Singer tap needs to be told: where its program is, its own configuration, what to select, what it may take."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, Field, SecretStr, field_validator

from patto_connectors.http.settings import MIB, Part


def _pinned(value: str) -> str:
    try:
        requirement = Requirement(value)
    except InvalidRequirement:
        raise ValueError("must be a package with its version, such as tap-rest-api-msdk==1.4.2") from None
    versions = [(each.operator, "*" in each.version) for each in requirement.specifier]
    if requirement.url is not None or versions != [("==", False)]:
        raise ValueError("must name one version, such as tap-rest-api-msdk==1.4.2: another one may read otherwise")
    return str(requirement)


Pinned = Annotated[str, AfterValidator(_pinned)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)]
"""A program's name, without a folder."""


class Installed(Part):
    """The hub installs the tap, once, into a virtual environment that is its alone."""

    style: Literal["installed"] = "installed"
    packages: tuple[Pinned, ...] = Field(min_length=1)
    """The tap and whatever must be beside it, each with its version: `tap-rest-api-msdk==1.4.2`."""
    folder: Path
    """Where such environments live, for example below the hub's data folder: `/var/lib/patto/taps`."""
    seconds: float = Field(900.0, gt=0)
    """Longest time that installing may take, waiting for another run that installs the same included."""


class ReadyMade(Part):
    """Somebody has installed the tap already; the hub needs no package index."""

    style: Literal["ready"] = "ready"
    folder: Path
    """The virtual environment; the tap's program is in its `bin`."""


class TapLimits(Part):
    """What one run of a tap may take before it is ended; what was read until then is kept."""

    discover: float = Field(120.0, gt=0)
    """Seconds for telling which streams there are."""
    run: float = Field(3_300.0, gt=0)
    """Seconds for the whole reading; a little less than the stream's own limit, so that this one is told."""
    silence: float = Field(240.0, gt=0)
    """Seconds between two lines."""
    line: int = Field(8 * MIB, gt=0)
    """Bytes of one line."""
    lines: int = Field(10_000_000, gt=0)
    garbage: int = Field(100, ge=0)
    """Lines that are no message, after which nothing of what the tap says is believed."""
    state: int = Field(MIB, gt=0)
    """Bytes of a STATE, which is stored with each page."""
    catalog: int = Field(32 * MIB, gt=0)
    """Bytes of the list of streams."""
    memory: int | None = Field(None, gt=0)
    """Bytes of address space of each process of the tap; None for no limit of our own."""


class SingerSettings(Part):
    """One stream of one tap."""

    tap: Installed | ReadyMade = Field(discriminator="style")
    executable: Name
    """The tap's program, for example `tap-rest-api-msdk`."""
    config: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """The tap's own configuration, as its documentation says; secrets in it are `SecretStr`."""
    stream: str = Field(min_length=1, max_length=200)
    """The stream to read, by the name that the tap gives it."""
    fields: tuple[str, ...] | None = None
    """The fields to ask for; None for all. Those that the tap cannot leave out come too."""
    select: Literal["catalog", "properties", "none"] = "catalog"
    """How the tap is told what to read: `--catalog`, `--properties` (old taps), or it knows no choice."""
    replication_key: str | None = None
    """The field by which the tap tells what is new, where its catalogue leaves that open (most database taps)."""
    snapshot: bool = False
    """The tap always gives everything: what is missing has gone. No STATE is kept or given."""
    start_state: Mapping[str, Any] | None = None
    """The STATE to begin with, before there is one of the tap's own."""
    environment: tuple[Name, ...] = ()
    """Variables of the hub that the tap may see, such as `HTTPS_PROXY`; a secret belongs in `config`."""
    stderr: Path | None = None
    """A file for the end of what the tap says of itself, of the last run that failed; it may hold personal data."""
    page: int = Field(1_000, ge=1, le=10_000)
    """Records that make a page."""
    page_bytes: int = Field(8 * MIB, gt=0)
    """Bytes that make a page, whatever the number of its records."""
    page_seconds: float = Field(10.0, gt=0)
    """Longest time that a record waits for its page to be full."""
    limits: TapLimits = TapLimits()

    @field_validator("config")
    @classmethod
    def _can_be_written(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        written(value)
        return value


def written(value: Mapping[str, Any]) -> bytes:
    """Give a tap's configuration as JSON, its secrets in clear: only for the tap's own eyes.

    Raises:
        ValueError: something in it is no JSON value.
    """
    try:
        return json.dumps(dict(value), default=_plain, allow_nan=False).encode()
    except TypeError:
        raise ValueError("a tap's configuration holds text, numbers, lists and tables only") from None


def _plain(value: object) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
