import pytest

from patto_connectors.http.probe import STAGES, probe
from patto_connectors.http.settings import ClientCredentials, HttpSettings, Repeats
from patto_connectors.rest.settings import RestSettings
from patto_connectors.rest.source import RestSource
from patto_connectors.testing.pages import Page
from patto_schemas.issues import Owner
from patto_schemas.model.base import Entity


class Note(Entity):
    kind = "note"
    key_field = "note_id"

    note_id: str


@pytest.fixture
def checking(fake):
    """Check the connection to the fake partner; gives the stages."""
    fake.listing("/notes", lambda _: Page(rows=[b'{"note_id":"n1"}']))

    async def check(translate=Note, **settings):
        async with fake.running() as url:
            values = {"base_url": url, "repeats": Repeats(attempts=1), **settings}
            values = {name: value(url) if callable(value) else value for name, value in values.items()}
            return await _stages(HttpSettings(**values), translate)

    return check


async def _stages(http, translate=Note):
    source = RestSource(RestSettings(http=http, path="notes"))
    return [stage async for stage in probe(source, translate)]


async def test_all_stages_are_good(checking):
    stages = await checking()

    assert [stage.name for stage in stages] == list(STAGES)
    assert all(stage.good and stage.owner is None for stage in stages)


async def test_closed_port_ends_at_the_connection(clock, unused_tcp_port):
    stages = await _stages(HttpSettings(base_url=f"http://127.0.0.1:{unused_tcp_port}"))

    assert [(stage.name, stage.good) for stage in stages] == [("dns", True), ("tls", False)]
    assert stages[-1].owner is Owner.PARTNER


async def test_untrusted_certificate_ends_at_tls(fake, tls_of):
    async with fake.running(tls=tls_of()) as url:
        stages = await _stages(HttpSettings(base_url=url))

    assert (stages[-1].name, stages[-1].code) == ("tls", "tls.untrusted")


async def test_wrong_credentials_are_for_the_engineer(checking, fake):
    fake.tokens("/token", uses=10)
    fake.faults.order("unauthorised", path="/token")

    stages = await checking(
        auth=lambda url: ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
    )

    assert (stages[-1].name, stages[-1].good, stages[-1].owner) == ("auth", False, Owner.ENGINEER)


async def test_web_page_ends_at_the_record(checking, fake):
    fake.faults.order("html")

    stages = await checking()

    assert [stage.name for stage in stages] == ["dns", "tls", "auth", "record"]
    assert (stages[-1].code, stages[-1].owner) == ("http.html", Owner.PARTNER)
    assert "pagina web" in stages[-1].it
    assert "web page" in stages[-1].en


async def test_drifted_record_ends_at_the_schema_and_names_the_field(checking, fake):
    fake.faults.order("missing_field", option="note_id")

    stages = await checking()

    assert (stages[-1].name, stages[-1].good) == ("schema", False)
    assert "note_id" in stages[-1].en


async def test_failing_function_is_for_the_engineer(checking):
    def translate(row):
        raise KeyError(row["note_id"])

    stages = await checking(translate)

    assert (stages[-1].name, stages[-1].owner) == ("schema", Owner.ENGINEER)
    assert "n1" not in stages[-1].en + stages[-1].it


async def test_no_records_is_no_fault(checking, fake):
    fake.faults.order("empty_more")

    stages = await checking()

    assert all(stage.good for stage in stages)
    assert [stage.name for stage in stages[-2:]] == ["record", "schema"]
    assert "no record to try" in stages[-1].en
