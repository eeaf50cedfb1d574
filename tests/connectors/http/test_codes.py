"""Every trouble that HTTP and REST can name is explained to people in both languages."""

import re

from patto_schemas.catalogue import CATALOGUE

CODE = re.compile(r'"((?:http|tls|oauth|paging|rest|json)\.[a-z_]+|dns|tcp)"')


def test_every_code_is_in_the_catalogue(root):
    folder = root / "connectors/patto_connectors"
    sources = [*folder.glob("http/*.py"), *folder.glob("rest/*.py")]
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert len(codes) > 25
    assert codes - CATALOGUE.keys() == set()
