"""What a bank's settings say of its statements and of our orders: fragments for a plugin's settings model."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from patto_connectors.http.settings import Part
from patto_connectors.iso20022.charset import sepa_text
from patto_connectors.iso20022.payment import NAME
from patto_connectors.iso20022.write import CBI, Form
from patto_schemas.identity.numbers import iban_problem


def _iban(value: str) -> str:
    problem = iban_problem(value)
    if problem is not None:
        raise ValueError(f"is no IBAN ({problem}), as IT60X0542811101000000123456")
    return value


def _name(value: str) -> str:
    return sepa_text(value, NAME)


class CamtSettings(Part):
    """How a bank's statements are read."""

    xsd: Path | None = None
    """A folder with the official schemas under their names (`camt.053.001.08.xsd`); what breaks them is set aside."""


class PaymentSettings(Part):
    """From which account orders are paid, and how they are written."""

    form: Form = "pain.001.001.09"
    """`pain.001.001.03`, `pain.001.001.09` or `CBIPaymentRequest.00.04.01`, as the bank asks."""
    debtor_name: Annotated[str, AfterValidator(_name)]
    """Whose account it is, as the bank knows it: `Microcredito Sociale Puglia`."""
    debtor_iban: Annotated[str, AfterValidator(_iban)]
    """The account, as `IT60X0542811101000000123456`; orders from another account are refused."""
    debtor_bic: str | None = Field(None, pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")
    """The bank's code, where it asks for it, as `BCITITMM`."""
    cuc: str | None = Field(None, pattern=r"^[A-Z0-9]{8}$")
    """The debtor's CBI code, as `0123456X`; CBIPaymentRequest needs it."""
    outbox: Path
    """A folder of the hub's own that remembers what has left, as `/var/lib/patto/outbox/banca`; back it up."""
    lead_days: int = Field(1, ge=0, le=30)
    """Days from the sending to the earliest execution."""
    prefix: str = Field("PATTO", pattern=r"^[A-Z0-9]{1,10}$")
    """What the references of our files begin with."""
    purposes: dict[str, Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]] = Field(
        {"disbursement": "LOAN", "indemnity": "SSBE"}
    )
    """By an order's type, the ISO code of its purpose (`ExternalPurpose1Code`)."""

    @model_validator(mode="after")
    def _cbi_knows_its_sender(self) -> PaymentSettings:
        if self.form == CBI and (self.cuc is None or not self.debtor_iban.startswith("IT")):
            raise ValueError("CBIPaymentRequest needs `cuc` and an Italian `debtor_iban`")
        return self
