"""Where the hub itself tells a partner of changes: `[partners.NAME.subscriptions.FEED.webhook]` and `.signals`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from patto_connectors.errors import Refused
from patto_connectors.http.guard import Rules, judged, networks
from patto_hub.clock.quiet import loud, window
from patto_hub.settings.kinds import wrong


def _network(value: str) -> str:
    try:
        networks([value])
    except ValueError:
        raise wrong(
            "serve una rete, come «10.20.0.0/16» o «fd12:3456::/48»",
            "a network is needed, as 10.20.0.0/16 or fd12:3456::/48",
        ) from None
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _reference(value: dict[str, str]) -> dict[str, str]:
    if value.keys() not in ({"file"}, {"env"}):
        raise wrong(
            'serve un riferimento, come { file = "/run/credentials/patto.service/lecce" } o { env = "LECCE" }',
            'a reference is needed, as { file = "/run/credentials/patto.service/lecce" } or { env = "LECCE" }',
        )
    return value


Reference = Annotated[dict[str, str], AfterValidator(_reference)]
"""Where a secret stands; never the secret itself."""
References = Annotated[tuple[Reference, ...], BeforeValidator(_listed), Field(min_length=1, max_length=2)]


def _window(value: str) -> str:
    try:
        return str(window(value))
    except ValueError:
        raise wrong(
            "servono ore del giorno, come «22:00-06:00»", "hours of the day are needed, as 22:00-06:00"
        ) from None


Networks = tuple[Annotated[str, AfterValidator(_network)], ...]
Hours = Annotated[str, AfterValidator(_window)]
"""Hours of the day, as `22:00-06:00`."""


class _Outlet(BaseModel):
    """A part of the settings: frozen, and a key that it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str
    """The receiver's address, `https://`; without user, password or `#`."""
    allow: Networks = ()
    """Networks on the premises that this receiver may stand in, as `["10.20.0.0/16"]`, there also without TLS and on
    any port; without it, only public addresses are called, whatever a name leads to."""
    ca_file: Path | None = None
    """Authorities to trust instead of the system's, PEM; for receivers with an authority of their own."""

    quiet: tuple[Hours, ...] = ()
    """Hours at which this receiver is left alone, in the hub's time zone, as `["22:00-06:00"]`: nothing is sent and
    nothing is tried then, and all of it goes when they are over."""
    secret_days: int = Field(default=365, ge=1, le=3_650)
    """Days after which a key that signs is to be changed: 30, 7 and 1 days before it is said in the log and by
    `patto webhook list`; a key that is older still signs."""
    own: bool = False
    """Whether the partner is also told of what it says itself; then two hubs that tell each other what they hear would
    go on for ever."""

    @property
    def rules(self) -> Rules:
        """What may be dialled."""
        return Rules(allow=networks(self.allow))

    @model_validator(mode="after")
    def _ever_called(self) -> _Outlet:
        if not loud(map(window, self.quiet)):
            raise wrong(
                "quiet: resta meno di un'ora al giorno per inviare; per fermare un ricevente: patto lane pause",
                "quiet: less than an hour a day is left to send in; to stop a receiver: patto lane pause",
            )
        return self

    @model_validator(mode="after")
    def _may_be_called(self) -> _Outlet:
        try:
            judged(self.url, self.rules)
        except Refused as refused:
            raise wrong(
                "url: l'indirizzo non è ammesso: serve https e un nome pubblico, come"
                " «https://eventi.ambito.example/patto»; per una rete interna, elencarla in «allow»",
                f"url: this address is not allowed ({refused.detail}); https and a public name are needed, as"
                " https://eventi.ambito.example/patto; list a network on the premises in 'allow'",
            ) from None
        return self


class WebhookPart(_Outlet):
    """A partner's own address, which gets signed messages (Standard Webhooks)."""

    secrets: References
    """The keys that sign, by reference: one, or two while one is changed (`patto webhook secret` makes one)."""
    payload: Literal["thin", "full"] = "thin"
    """`thin`: how many changes wait and from where to pull them, nothing of any record; `full`: the changes."""
    envelope: Literal["standard", "cloudevents", "cloudevents-binary"] = "standard"
    """How a message is wrapped: `standard`, or as a CloudEvent, whole or with its attributes as headers."""


class SignalsPart(_Outlet):
    """A receiver of signals: a partner's own address, or PDND's Signal Hub."""

    eservice_id: str = Field(min_length=1)
    """The e-service that the signals are of (a UUID), from the PDND portal."""
    seed: Reference
    """What identifiers are hashed with, by reference; a new one is announced (SEEDUPDATE) before it is used."""
    secrets: Annotated[tuple[Reference, ...], BeforeValidator(_listed), Field(max_length=2)] = ()
    """For a partner's own address: the keys that sign, as those of a webhook."""
    voucher: dict[str, Any] = {}
    """For PDND's Signal Hub: how a voucher is asked for (`token_url`, `client_id`, `purpose_id`, `kid`, and `key` by
    reference), as the `auth` of kind `pdnd` of a partner; `url` is then that of its push service, up to `/v1/push`."""

    @model_validator(mode="after")
    def _one_way(self) -> SignalsPart:
        if bool(self.secrets) == bool(self.voucher):
            raise wrong(
                "indicare «secrets» (per un indirizzo del partner) oppure «voucher» (per il Signal Hub di PDND)",
                "name 'secrets' (for a partner's address) or 'voucher' (for PDND's Signal Hub), one of them",
            )
        return self
