"""Every trouble that folders and SFTP can name is explained to people in both languages."""

import re

from patto_schemas.catalogue import CATALOGUE

CODE = re.compile(r'"((?:sftp|folder|file)\.[a-z_]+)"')


def test_every_code_is_in_the_catalogue(root):
    folder = root / "connectors/patto_connectors"
    sources = [*folder.glob("sftp/*.py"), *folder.glob("files/*.py")]
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert len(codes) > 20
    assert codes - CATALOGUE.keys() == set()
