"""What every partner's listing service needs to be told, whatever the partner calls its fields and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from patto_connectors.http.settings import (
    Address,
    Budget,
    Caps,
    HttpSettings,
    NoAuth,
    Part,
    Repeats,
    Signing,
    Timeouts,
    Tls,
)

if TYPE_CHECKING:
    from typing import Self

    from patto_connectors.http.settings import Auth


class ServiceSettings(Part):
    """A partner's REST/JSON service; a plugin adds the secret that the partner gives out, and says how it travels."""

    base_url: Address
    """Where the service starts, for example `https://servizi.partner.example/api`."""
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
    signing: Signing | None = None
    """How requests are signed, where the partner asks for it (ModI)."""

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        self.http()
        return self

    def auth(self) -> Auth:
        """Give how the hub says who it is; a plugin's settings say it with their secret."""
        return NoAuth()

    def http(self) -> HttpSettings:
        """Give the settings of the HTTP layer.

        Raises:
            ValidationError: the address is not encrypted.
        """
        return HttpSettings(
            base_url=self.base_url,
            plain_http=self.plain_http,
            auth=self.auth(),
            timeouts=self.timeouts,
            caps=self.caps,
            repeats=self.repeats,
            budget=self.budget,
            tls=self.tls,
            signing=self.signing,
        )
