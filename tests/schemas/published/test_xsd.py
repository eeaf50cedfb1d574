import pytest
from lxml import etree

from patto_schemas import ENTITIES
from patto_schemas.published import NAMESPACE, xsd


@pytest.mark.parametrize("kind", ENTITIES)
def test_the_xsd_compiles_in_plain_ascii_and_names_one_and_many(kind):
    content = xsd(kind)

    etree.XMLSchema(etree.fromstring(content))
    root = etree.fromstring(content)
    assert content.isascii()
    assert root.get("targetNamespace") == NAMESPACE
    assert [element.get("name") for element in root.iterchildren("{*}element")] == [kind, f"{kind}_list"]


def test_an_unknown_entity_has_no_xsd():
    with pytest.raises(KeyError):
        xsd("nothing")
