"""Every trouble with bank messages and payment orders is explained to people in both languages."""

import re

from patto_schemas.catalogue import CATALOGUE
from patto_schemas.catalogue.banks import BANKS

CODE = re.compile(r'"((?:camt|payment|xml)\.[a-z_]+)"')


def test_every_code_is_in_the_catalogue_and_every_entry_is_used(root):
    sources = (root / "connectors/patto_connectors/iso20022").glob("*.py")
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert codes - CATALOGUE.keys() == set()
    assert BANKS.keys() - codes == set()
