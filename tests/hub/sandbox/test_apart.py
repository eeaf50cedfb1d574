"""Sandbox and hub are apart: no route, no code and no key of the one is of any use in the other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiohttp import ClientSession

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.ledger import keys
from patto_hub.sandbox.stage import NotOurs, require_ours
from patto_hub.settings.read import read_settings
from patto_hub.web.app import ENDPOINTS
from patto_hub.web.site import BASE

in_one_loop = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\ndata_dir = "data"\n[web]\nport = 0\n[partners.reader]\nfeeds = ["catalogue"]\n', "utf-8")
    return read_settings(file, {})


async def get(url, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.headers, await answer.json()


def addresses(description):
    return {(path, method) for path, about in description["paths"].items() for method in about if method != "servers"}


@in_one_loop
async def test_the_hub_has_none_of_the_sandboxs_routes_and_says_nowhere_that_it_is_one(settings):
    async with serving(settings, World()) as started:
        key = (await started.hub.ledger.write(keys.add, started.hub.world, partner="reader", scopes=["catalogue"]))[1]
        url = started.listening + BASE
        found, headers, _ = await get(f"{url}/sandbox", key)
        _, _, description = await get(f"{started.listening}/openapi.json", "")
        async with ClientSession() as session, session.get(started.listening + "/portal/login") as page:
            text = await page.text()
        async with ClientSession() as session, session.get(started.listening + "/portal/sandbox") as page:
            portal = page.status

    assert (found, portal) == (404, 404)
    assert "Patto-Environment" not in headers
    assert "AMBIENTE DI PROVA" not in text
    assert addresses(description) == {(e.path, e.method.lower()) for group in ENDPOINTS.values() for e in group}
    assert "/sandbox" not in str(addresses(description))


def test_a_hub_that_serves_has_not_even_read_the_sandboxs_code():
    program = (
        "import sys, patto_hub.compose.serve, patto_hub.cli.main; print([m for m in sys.modules if 'sandbox' in m])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "['patto_hub.cli.sandbox']"


@in_one_loop
async def test_the_sandbox_describes_the_hubs_routes_and_its_own(tried):
    _, _, description = await get(f"{tried.address}/openapi.json", "")
    own = addresses(description) - {(e.path, e.method.lower()) for group in ENDPOINTS.values() for e in group}

    assert own == {
        ("/sandbox", "get"),
        ("/sandbox/faults", "post"),
        ("/sandbox/faults", "delete"),
        ("/sandbox/steps", "post"),
        ("/sandbox/resets", "post"),
    }
    assert "503" in description["paths"]["/feeds/{feed}/changes"]["get"]["responses"]


@in_one_loop
async def test_a_sandbox_key_at_the_hub_is_told_where_it_is_good_and_the_other_way_round(settings, tried):
    sandbox_key = tried.key("lecce")
    async with serving(settings, World()) as started:
        hub_key = (await started.hub.ledger.write(keys.add, started.hub.world, partner="reader", scopes=[]))[1]
        at_the_hub = await get(f"{started.listening}{BASE}/access", sandbox_key)
        form, origin = {"key": sandbox_key}, {"Origin": started.listening}
        async with (
            ClientSession(headers=origin) as session,
            session.post(f"{started.listening}/portal/login", data=form) as page,
        ):
            in_the_portal = await page.text()
    at_the_sandbox = await get(f"{tried.base}/access", hub_key)
    nobodys = await get(f"{tried.base}/access", "pattoprova_000000000000_0")

    assert sandbox_key.startswith("pattoprova_")
    assert hub_key.startswith("patto_")
    assert [each[0] for each in (at_the_hub, at_the_sandbox, nobodys)] == [401, 401, 401]
    assert "ambiente di prova" in at_the_hub[2]["detail"]
    assert "ambiente di prova" in in_the_portal
    assert "hub in esercizio" in at_the_sandbox[2]["detail"]
    assert "Nessuna chiave valida" in nobodys[2]["detail"]


@in_one_loop
async def test_nothing_of_a_real_partner_is_called_or_read(tried):
    settings = tried.started.hub.configuration.settings

    assert "example" not in str(settings)
    assert "nowhere" not in str(settings)
    assert {str(way) for way in map(str, settings.partners["job_centre"].subscriptions)} == {"pacts"}
    assert settings.partners["job_centre"].subscriptions["pacts"].webhook.url.startswith("http://127.0.0.1:")
    assert list(settings.partners["lecce"].jobs) == []
    assert list(settings.partners["job_centre"].jobs) == ["notifications"]


@pytest.mark.parametrize("place", ["data", "data/sandbox", "."])
def test_a_sandbox_does_not_lie_in_the_hubs_folder_nor_around_it(settings, place):
    with pytest.raises(NotOurs, match="--folder"):
        require_ours(settings.file.parent / place, settings.data_dir)


def test_a_link_into_the_hubs_folder_is_seen_through(settings, tmp_path):
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").symlink_to(settings.data_dir, target_is_directory=True)

    with pytest.raises(NotOurs):
        require_ours(tmp_path / "elsewhere" / "sandbox", settings.data_dir)


def test_a_folder_that_holds_something_else_is_left_alone(settings, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    require_ours(other, settings.data_dir)
    (other / "ledger.db").write_text("somebody's", "utf-8")

    with pytest.raises(NotOurs):
        require_ours(other, settings.data_dir)
