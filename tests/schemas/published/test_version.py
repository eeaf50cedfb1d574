from patto_schemas.published import NAMESPACE, VERSION


def test_the_namespace_carries_the_version():
    assert f"urn:patto:schema:v{VERSION}" == NAMESPACE
