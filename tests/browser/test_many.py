"""The first page of a hub with many partners: what needs attention at once, the others by kind of partner."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
MORE = 40


@pytest.fixture
def streams(streams):
    titles = {"it": "Patti e misure", "en": "Pacts and measures"}
    return [*streams, *((f"Ambito numero {n}", f"ambito-{n}/pacts", titles) for n in range(MORE))]


async def test_troubled_streams_stand_first_and_the_others_open_by_kind_of_partner(signed_in, streams):
    heads = await signed_in.locator("h2").all_inner_texts()
    assert heads[:2] == ["Da seguire", "Tutti i flussi"]
    assert await signed_in.locator("table.streams").first.locator("tbody tr").count() == 20

    await signed_in.get_by_role("link", name="mostra i flussi: Altri partner").click()

    assert await signed_in.locator("#group + table tbody tr").count() == len(streams)
    await signed_in.get_by_role("link", name="nascondi i flussi: Altri partner").click()
    assert await signed_in.locator("#group").count() == 0


async def test_an_open_group_stays_open_when_the_page_refreshes_or_stops_to(signed_in, hub):
    await signed_in.clock.install()
    await signed_in.goto(f"{hub.address}/?show=other")
    async with signed_in.expect_response("**/standing?show=other"):
        await signed_in.clock.run_for(11_000)
    assert await signed_in.locator("#group").count() == 1

    await signed_in.get_by_role("link", name="Ferma l'aggiornamento automatico").click()
    assert await signed_in.locator("#group").count() == 1

    await signed_in.get_by_role("link", name="nascondi i flussi: Altri partner").click()
    assert await signed_in.get_by_role("link", name="Aggiorna da sola").count() == 1


@pytest.mark.parametrize("width", [1280, 360, 320])
async def test_groups_are_accessible_and_never_scroll_sideways(signed_in, hub, axe, width):
    await signed_in.set_viewport_size({"width": width, "height": 900})

    for path in ("/", "/?show=other&refresh=off&lang=en", "/?show=nobody"):
        await signed_in.goto(hub.address + path)
        await signed_in.evaluate(axe)
        found = await signed_in.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES)
        assert found["violations"] == []
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width
