"""Every code that webhooks give is explained to people in both languages, and none is explained for nobody."""

import re

from patto_schemas.catalogue.webhooks import WEBHOOKS

CODE = re.compile(r'"(webhook\.[a-z_]+)"')


def test_the_codes_are_those_of_the_catalogue(root):
    folder = root / "connectors/patto_connectors"
    sources = [*folder.glob("webhook/*.py"), folder / "http/guard.py"]
    codes = {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}

    assert codes == set(WEBHOOKS)
