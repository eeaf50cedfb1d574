"""Every trouble that SOAP can name is explained to people in both languages."""

import re

from patto_schemas.catalogue import CATALOGUE

CODE = re.compile(r'"((?:soap|xml|http)\.[a-z_]+)"')


def test_every_code_is_in_the_catalogue(root):
    sources = (root / "connectors/patto_connectors/soap").glob("*.py")
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert {"soap.fault", "soap.server", "soap.envelope", "soap.body", "soap.outcome", "soap.wsdl"} <= codes
    assert codes - CATALOGUE.keys() == set()
