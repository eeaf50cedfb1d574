"""The shape of the settings; each field says what it means, and the reference page is made from that."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patto_hub.settings.access import AccessPart, ProxyAddress, SigningPart, VouchersPart
from patto_hub.settings.kinds import (
    Cron,
    OrganisationName,
    Slug,
    Span,
    Zone,
    wrong,
)
from patto_hub.settings.subscriptions import SubscriptionPart


class Part(BaseModel):
    """A part of the settings: frozen, and a key that it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class HubPart(Part):
    """What holds for the whole hub."""

    data_dir: Path | None = None
    """Folder of the ledger and of what the hub writes; relative to the settings file. Without it, the user's data
    folder (`patto doctor` shows it)."""
    time_zone: Zone = "Europe/Rome"
    """Zone of the schedules and of the dates that people see."""
    language: Literal["it", "en"] = "it"
    """Language of pages and messages: `it` or `en`."""


class WebPart(Part):
    """Where partners and staff reach the hub."""

    host: str = "127.0.0.1"
    """Address to listen at; `0.0.0.0` for every network, behind a proxy that speaks TLS."""
    port: int = Field(default=8080, ge=0, le=65_535)
    """Port to listen at."""
    public_url: str = Field(default="", pattern=r"^(https?://[^\s/]+(/\S*)?)?$")
    """Address by which others see the hub, as `https://patto.regione.example`; empty when it is host and port.
    Access tokens and signatures are meant for it, so partners that use them need it."""
    tls_certificate: Path | None = None
    """The hub's certificate with its chain, PEM, relative to the settings file: then it speaks TLS itself."""
    tls_key: Path | None = None
    """The private key of `tls_certificate`, PEM."""
    client_ca: Path | None = None
    """Authorities whose client certificates are asked for, PEM; a partner's `access.certificate` names its own."""
    proxies: tuple[ProxyAddress, ...] = ()
    """Addresses of proxies that are believed about a caller's address (`X-Forwarded-For`) and certificate
    (`Client-Cert` of RFC 9440, or nginx's `X-SSL-Client-Cert`); they must strip both from what clients send."""
    modi: SigningPart | None = None
    """The hub's own key for signed answers (ModI)."""
    pdnd: VouchersPart | None = None
    """Whose vouchers are taken from partners that have `voucher = true`."""

    @model_validator(mode="after")
    def _whole_tls(self) -> WebPart:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise wrong("«tls_certificate» e «tls_key» vanno insieme", "'tls_certificate' and 'tls_key' go together")
        if self.client_ca is not None and self.tls_key is None:
            raise wrong(
                "«client_ca» ha bisogno di «tls_certificate» e «tls_key»; dietro un proxy usare «proxies»",
                "'client_ca' needs 'tls_certificate' and 'tls_key'; behind a proxy use 'proxies'",
            )
        return self


class LogPart(Part):
    """What the hub writes of its work, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are written: `debug`, `info`, `warning` or `error`."""
    format: Literal["auto", "json", "console"] = "auto"
    """`json` for collectors, `console` for people, `auto`: console on a terminal."""


class LimitsPart(Part):
    """What one run may take before it is stopped; what it has read so far is kept."""

    time: Span = 3_600.0
    """Longest time of a run."""
    page_time: Span = 300.0
    """Longest wait for the next page."""
    records: int = Field(default=5_000_000, gt=0)
    """Most records of a run."""
    pages: int = Field(default=100_000, gt=0)
    """Most pages of a run."""
    stop_after_bad: int = Field(default=1_000, ge=0)
    """Quarantined rows after which the run stops, if they are also more than `stop_at_share`."""
    stop_at_share: float = Field(default=0.05, ge=0, le=1)
    """Share of quarantined rows, from 0 to 1, above which `stop_after_bad` counts."""
    vanish_share: float = Field(default=0.2, ge=0, le=1)
    """Share of the known records that a full snapshot may leave out before a person must confirm."""


class JobPart(Part):
    """When one stream of a partner is read, and by when its data are expected."""

    cron: Cron | None = None
    """When it runs, in local time: minute, hour, day, month, weekday; `30 2 * * *` is each night at 2:30."""
    every: Span | None = None
    """Or: how often it runs, as `15m`. With neither it only runs by hand."""
    jitter: Span | Literal[0] = 0
    """Random delay of each start, at most this long, so that not all partners are asked at once."""
    catch_up: Literal["none", "last", "all"] = "last"
    """What is made up for after a stop of the hub: `none`, the `last` missed run, or `all` of them."""
    expected_by: time | None = None
    """Local time of day by which the day's data should be here; later they are late on the status page."""
    expected_within: Span | None = None
    """Or: longest time without a good run, as `26h`."""
    working_days_only: bool = False
    """Whether data are expected, and runs made, on Italian working days only."""
    patience: Span = 2_592_000.0
    """How long a record may wait for what it refers to before somebody is told; 30 days."""
    feed: str = ""
    """For a stream that the hub writes to: the feed whose changes it hands over."""
    isolation: Literal["inline", "worker"] = "inline"
    """Where the plugin translates: `inline`, or in a `worker` process of its own (slow or untrusted plugins)."""
    settings: dict[str, Any] = {}
    """What the plugin wants to know for this stream alone; goes before the partner's own `settings`."""
    limits: LimitsPart = LimitsPart()
    """What one run may take."""

    @model_validator(mode="after")
    def _one_plan(self) -> JobPart:
        if self.cron and self.every:
            raise wrong("usare «cron» oppure «every», non entrambi", "use 'cron' or 'every', not both")
        if self.expected_by and self.expected_within:
            raise wrong(
                "usare «expected_by» oppure «expected_within», non entrambi",
                "use 'expected_by' or 'expected_within', not both",
            )
        return self


class OrganisationPart(Part):
    """Which organisation a partner is."""

    scheme: str
    """Scheme of its name: `ambito`, `cpi_11`, `piva`, `cf`, `runts`."""
    value: str
    """Its name within the scheme, as `LE/1`."""
    domain: Literal["social", "labour", "training", "third_sector", "credit", ""] = ""
    """Its field of work, kept with it in the ledger: `social`, `labour`, `training`, `third_sector`, `credit`."""


class PartnerPart(Part):
    """A partner: who it is, what it may send, what it may read."""

    plugin: str = ""
    """The plugin that speaks with it (`patto plugin list`); empty for a partner that only reads feeds."""
    title: str = ""
    """What it is called for people."""
    organisation: OrganisationPart | None = None
    """Which organisation it is."""
    scope: tuple[OrganisationName, ...] | Literal["any"] | None = None
    """The organisations that it may speak for, as `["ambito:LE/1"]`; a record that names none of them is refused.
    Without it, its own; `"any"` for no limit."""
    feeds: tuple[str, ...] = ()
    """The feeds that it may read (`patto feed list`); taking one out closes it at the next start, whatever its key was
    made for. `metrics` lets a monitoring system read `/metrics` from another machine, `push` lets the partner hand in
    data for those of its streams that have a door."""
    subscriptions: dict[str, SubscriptionPart] = {}
    """The feeds of which more is to be said than their name, by the name; a feed stands here or among `feeds`."""
    pseudonyms: int = Field(default=1, ge=1)
    """Raise it to give the partner other pseudonyms for everybody, after theirs have come into wrong hands."""
    access: AccessPart = AccessPart()
    """What it may show besides a key, or must."""
    settings: dict[str, Any] = {}
    """What its plugin wants to know (address, key, folder); the plugin's page lists it. A secret is written as
    `{ file = "/run/credentials/patto.service/lecce" }` or `{ env = "LECCE_TOKEN" }`."""
    jobs: dict[Slug, JobPart] = {}
    """Its streams, by the connector's name: only those that stand here are read."""

    @property
    def opens(self) -> tuple[str, ...]:
        """The feeds and rights that its keys open, said in the short way or in the long one."""
        return (*self.feeds, *self.subscriptions)

    @model_validator(mode="after")
    def _known_speaker(self) -> PartnerPart:
        if self.jobs and not self.plugin:
            raise wrong("chi ha «jobs» ha bisogno di «plugin»", "a partner with 'jobs' needs a 'plugin'")
        if self.jobs and self.scope is None and self.organisation is None:
            raise wrong(
                'manca per chi può parlare: «organisation», oppure «scope» (scope = "any": senza limiti)',
                "for whom it may speak is missing: 'organisation', or 'scope' (scope = \"any\": no limit)",
            )
        return self


class Settings(Part):
    """All settings of a hub."""

    hub: HubPart = HubPart()
    web: WebPart = WebPart()
    log: LogPart = LogPart()
    partners: dict[Slug, PartnerPart] = {}
    """By the name that the hub gives them: lower-case letters, digits and underscores."""
