from __future__ import annotations

import aiohttp
import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving, withheld
from patto_hub.ledger import keys
from patto_hub.settings.read import read_settings


@pytest.fixture
def serve_with(office):
    def serve(old: str, new: str):
        office.config.write_text(office.config.read_text().replace(old, new))
        return serving(read_settings(office.config, {}), World())

    return serve


@pytest.mark.parametrize(("domain", "kept"), [(', domain = "labour"', "labour"), ("", "")])
async def test_the_field_of_work_of_the_settings_reaches_the_ledger(serve_with, domain, kept) -> None:
    organisation = f'feeds = ["catalogue"]\norganisation = {{ scheme = "cpi_11", value = "L1"{domain} }}'
    async with serve_with('feeds = ["catalogue"]', organisation) as started:
        found = await started.hub.ledger.read(
            lambda c: c.exec_driver_sql("SELECT domain FROM organisation WHERE scheme = 'cpi_11'").scalar_one()
        )
    assert found == kept


async def test_a_feed_of_the_settings_is_open(serve_with) -> None:
    async with serve_with("", "") as started:
        assert withheld(started.hub, "office", "catalogue") is None
        assert started.site.refuse_feed("office", "catalogue") is None


async def test_a_feed_that_the_settings_no_longer_name_is_closed_whatever_a_key_says(serve_with) -> None:
    async with serve_with('feeds = ["catalogue"]', "feeds = []") as started:
        assert started.site.refuse_feed("office", "catalogue") == (
            "Il flusso «catalogue» non è fra quelli di «office» nelle impostazioni dell'hub.",
            "The feed `catalogue` is not among those of `office` in the hub's settings.",
        )
        assert started.site.refuse_feed("office", "push") == (
            "Il diritto «push» non è fra quelli di «office» nelle impostazioni dell'hub.",
            "The right `push` is not among those of `office` in the hub's settings.",
        )


@pytest.mark.parametrize(
    ("said", "told"),
    [("accordo scaduto | agreement ended", ("accordo scaduto", "agreement ended")), ("audit", ("audit", "audit"))],
)
async def test_a_plugin_may_say_in_both_languages_why_a_feed_is_closed(serve_with, monkeypatch, said, told) -> None:
    async with serve_with("", "") as started:
        monkeypatch.setattr("patto_hub.compose.serve.refusal", lambda *_: said)

        assert started.site.refuse_feed("office", "catalogue") == told


async def test_a_partner_that_the_settings_no_longer_name_reads_nothing(serve_with) -> None:
    async with serve_with("partners.office", "partners.bureau") as started:
        assert started.site.refuse_feed("office", "catalogue") is not None


@pytest.mark.parametrize(("feeds", "status"), [('feeds = ["metrics"]', 200), ("feeds = []", 403)])
async def test_a_monitoring_system_elsewhere_reads_the_figures_while_the_settings_say_so(
    serve_with, feeds, status
) -> None:
    async with serve_with('feeds = ["catalogue"]', feeds) as started:
        hub = started.hub
        _, text = await hub.ledger.write(keys.add, hub.world, partner="office", scopes=["metrics"])
        headers = {"Authorization": f"Bearer {text}", "X-Forwarded-For": "192.0.2.1"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{started.listening}/metrics") as answer,
        ):
            assert answer.status == status
