"""Every refusal of a signed message is explained to people in both languages, and no explanation is left over."""

import re

from patto_schemas.catalogue import CATALOGUE

CODE = re.compile(r'"((?:modi|pdnd)\.[a-z_]+)"')


def test_codes_are_those_of_the_catalogue(root):
    folders = (root / "connectors/patto_connectors" / name for name in ("modi", "http"))
    sources = (source for folder in folders for source in folder.glob("*.py"))
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert len(codes) > 15
    assert codes == {code for code in CATALOGUE if CODE.fullmatch(f'"{code}"')}
