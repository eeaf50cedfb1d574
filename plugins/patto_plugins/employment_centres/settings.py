"""What the plugin asks of an employment centre's configuration; what is not set is neither read nor written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from patto_connectors.asking import Pace
from patto_connectors.http.settings import HttpSettings, Part
from patto_connectors.rest.settings import FailureFlag
from patto_connectors.soap import SoapSettings, Wsdl
from patto_hub import Refused
from patto_schemas.model.types import Code, PromoterCode  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from typing import TypeVar

    P = TypeVar("P", bound=Part)

FOLDER = Path(__file__).parent


class Sap(Part):
    """The SAP service of the regional labour system (SOAP)."""

    http: HttpSettings
    path: str = ""
    """Below `http.base_url`, as `services/sap`."""
    namespace: str = "urn:patto:sap"
    """The target namespace of the partner's WSDL, as it stands there: `http://lavoro.regione.example/SPCServiziSAP/`."""
    types: str = "urn:patto:sap/types"
    """The namespace of its messages: the `targetNamespace` of the schema inside the WSDL."""
    did: bool = True
    """Ask for N00 (DID) and A02 too, for people whose sheet does not show them."""
    titular: PromoterCode | None = None
    """The centre that holds the sheets, by its 11 characters; written as `codiceentetit` of what is sent. None: the
    promoter of each policy."""
    variation: Code = "02"
    """`tipovariazione` of what is sent; its list was not found, 02 stands in the published example."""

    def soap(self) -> SoapSettings:
        """Give the settings of the SOAP layer."""
        spaces = {"urn:patto:sap": self.namespace, "urn:patto:sap/types": self.types}
        return SoapSettings(http=self.http, path=self.path, namespaces=spaces)


class Rdc(Part):
    """The look-up of RdC beneficiaries (SOAP)."""

    http: HttpSettings
    path: str = ""
    """Below `http.base_url`."""
    namespace: str = "urn:patto:rdc"
    """The target namespace of the partner's WSDL."""
    types: str = "urn:patto:rdc/types"
    """The namespace of its XSD."""
    passed: frozenset[str] = frozenset({"OK"})
    """Values of `codEsito` that mean: answered, also with nobody in it. No list of them was published."""

    def soap(self) -> SoapSettings:
        """Give the settings of the SOAP layer."""
        spaces = {"urn:patto:rdc": self.namespace, "urn:patto:rdc/types": self.types}
        return SoapSettings(http=self.http, path=self.path, namespaces=spaces)


class Sil(Part):
    """The labour system's REST service, as Piemonte's `silpapi` describes it."""

    http: HttpSettings
    caller: str = Field("patto", max_length=40)
    """How we are called there (`callInfo.idAppChiamante`)."""
    passing: frozenset[str] = frozenset()
    """Codes of `apiMessages` that mean "later", as `MANUTENZIONE`."""
    people: int = Field(10, ge=1, le=100)
    """Records to ask for per search: a tax code has one, or several where the system holds double ones."""

    def failure(self) -> FailureFlag:
        """Give how the service says no with status 200 (`esitoPositivo: false`)."""
        return FailureFlag(code="code", passing=self.passing)


class CentreSettings(Part):
    """An employment centre."""

    sap: Sap | None = None
    """Streams `sap`, `notifications` and `sap_out`."""
    sil: Sil | None = None
    """Streams `sil` and `communications`."""
    rdc: Rdc | None = None
    """Stream `rdc`."""
    pace: Pace = Pace()
    """How many people are asked about, at a time and in all: `page`, `at_once`, `each_run`."""


def wanted(part: P | None, name: str) -> P:
    """Give a part of the settings that a stream cannot do without.

    Raises:
        Refused: it is not set.
    """
    if part is None:
        raise Refused("settings.missing", f"No service `{name}` is set.", hint=f"set `{name}` for this partner")
    return part


def wsdl(name: str) -> Wsdl:
    """Give our own text of a service's WSDL: `sap` or `rdc`."""
    return Wsdl(content=(FOLDER / f"{name}.wsdl").read_bytes())
