"""What a partner's SOAP service needs to be told."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it at run time
from pathlib import Path  # noqa: TC003 - likewise

from pydantic import model_validator

from patto_connectors.http.settings import HttpSettings, Part
from patto_connectors.rest.settings import JsonPath  # noqa: TC001 - likewise


class SoapSettings(Part):
    """One partner's SOAP service: where it is called, and what describes it.

    Calls go to `http.base_url`, joined with `path`; the address that a WSDL names is not used, for it says where
    credentials and tax codes go.
    """

    http: HttpSettings
    path: str = ""
    """The service below `base_url`, for example `services/anagrafe`."""
    wsdl: Path | None = None
    """The service's WSDL, a file on this machine with the XSDs that it imports beside it, for example
    `wsdl/anagrafe.wsdl`; not needed where the plugin brings its own."""
    service: str = ""
    """The service of the WSDL; empty: the first."""
    port: str = ""
    """The port of the service; empty: the first that speaks SOAP."""
    namespaces: Mapping[str, str] = {}
    """Namespaces of the WSDL that this partner writes otherwise, for example `{"urn:patto:sap" = "http://host/sap"}`."""


class OutcomeWords(Part):
    """How an answer says in its body what became of the request, with HTTP 200 (`Esito` is OK, KO or X001)."""

    field: JsonPath = "Esito"
    """Where the word stands in the answer, from the outside in, for example `esito.codEsito`."""
    passed: frozenset[str] = frozenset({"OK"})
    """Words that mean: done."""
    already: frozenset[str] = frozenset()
    """Words that mean: was there before, so a repeat did no harm, for example `X001`."""
    refused: frozenset[str] = frozenset({"KO"})
    """Words that mean: not done, for a reason in the request."""

    @model_validator(mode="after")
    def _apart(self) -> OutcomeWords:
        if len(self.passed | self.already | self.refused) < len(self.passed) + len(self.already) + len(self.refused):
            raise ValueError("each word must stand in one of passed, already and refused only")
        return self
