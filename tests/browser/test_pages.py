"""The staff's pages in a real browser: accessible, narrow, quiet, and usable by keyboard and without scripts."""

from __future__ import annotations

import pytest

from patto_hub.ledger import job_state, staff
from patto_hub.web import signin

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PASSWORD = "una frase lunga e facile"
JOB = "ambito-fg1/pacts"
PAGES = ("/", f"/jobs/{JOB}", "/jobs/ambito-ta1/pacts", "/jobs/catalogo/attendance", "/jobs/altro/flusso")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


async def violations(page, axe):
    """Give the rules that a page breaks; through evaluate, because the page lets no script in."""
    await page.evaluate(axe)
    found = await page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES)
    assert len(found["passes"]) > 10
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_pages_break_no_rule_of_wcag_2_1_aa(signed_in, hub, axe, width, language):
    await signed_in.set_viewport_size({"width": width, "height": 900})

    for path in PAGES:
        await signed_in.goto(f"{hub.address}{path}?lang={language}")
        assert await violations(signed_in, axe) == []


async def test_the_doors_break_no_rule_of_wcag_2_1_aa(looker, hub, axe):
    for path in ("/login", await signin.setup_link(hub.ledger, hub.world, "")):
        await looker.page.goto(hub.address + path)
        assert await violations(looker.page, axe) == []
        await looker.page.fill("[name=name]", "x")
        await looker.page.fill("[name=password]", "sbagliata")
        if "setup" in path:
            await looker.page.fill("[name=again]", "sbagliata")
        await looker.page.click("main button")
        assert await looker.page.locator("[role=alert]").count() == 1
        assert await violations(looker.page, axe) == []


@pytest.mark.parametrize("width", [1280, 992, 800, 360, 320])
async def test_no_page_scrolls_sideways(signed_in, hub, width):
    await signed_in.set_viewport_size({"width": width, "height": 700})

    for path in PAGES:
        await signed_in.goto(hub.address + path)
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width


async def test_text_at_double_size_stays_within_the_page(signed_in, hub):
    await signed_in.set_viewport_size({"width": 640, "height": 450})  # what 1280 px at 200 % leaves

    await signed_in.goto(hub.address)

    assert await signed_in.evaluate("document.documentElement.scrollWidth") <= 640


async def test_titillium_comes_from_the_hub_itself(signed_in, hub):
    await signed_in.goto(hub.address)
    await signed_in.evaluate("document.fonts.ready")

    loaded = await signed_in.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.weight)")
    assert {"400", "600", "700"} <= set(loaded)


async def test_the_watch_over_the_browser_notices_what_the_policy_stops(signed_in, hub, looker):
    await signed_in.goto(hub.address)
    await signed_in.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'alert(1)'}))"
    )

    assert any("Content Security Policy" in each for each in looker.complaints)
    looker.complaints.clear()


async def test_the_page_says_how_each_stream_stands(signed_in):
    rows = await signed_in.locator("table.streams").first.locator("tbody tr").all_inner_texts()

    said = {row.split("\n")[0] + " " + row.split("\n")[1]: row for row in rows}
    assert "Non letto" in said["Ambito di Taranto Patti e misure"]
    assert "In ritardo" in said["Centro per l'impiego di Brindisi Politiche attive"]
    assert "Nessuna novità dal 3 marzo" in said["Catalogo formativo regionale Corsi"]
    assert "Riprende domani alle 06:30." in said["Catalogo formativo regionale Presenze"]
    assert "Mai letto" in said["Cooperativa Il Ponte Visite"]
    assert "In regola" in said["Ambito di Foggia Patti e misure"]
    assert "le può correggere" in said["Ambito di Foggia Patti e misure"]


async def test_a_state_has_words_and_an_icon_beside_its_colour(signed_in):
    for badge in await signed_in.locator(".state").all():
        assert (await badge.inner_text()).strip()
        box = await badge.locator("svg").bounding_box()
        assert box["width"] >= 16


async def test_the_first_user_is_made_in_the_browser_and_can_come_back(looker, hub):
    page = looker.page
    await page.goto(hub.address + await signin.setup_link(hub.ledger, hub.world, ""))
    await page.get_by_label("Nome utente").fill("anna.bianchi")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Ripeti la password").fill(PASSWORD)
    await page.get_by_role("button", name="Crea l'utente e accedi").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "Stato dei flussi"

    await page.get_by_role("button", name="Esci").click()
    await page.get_by_label("Nome utente").fill("anna.bianchi")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")

    await page.get_by_text("anna.bianchi (Regione)").wait_for()


async def test_F82_a_double_click_asks_for_one_run(signed_in, hub):
    await signed_in.get_by_role("button", name="Leggi ora: Ambito di Foggia, Patti e misure").dblclick()
    await signed_in.wait_for_url("**/?notice=*")

    assert await hub.rows("SELECT count(*) FROM audit WHERE action = 'job.run_now'") == [(1,)]
    assert (await hub.ledger.read(job_state.get, JOB)).requested_by == "demo"


async def test_reloading_after_asking_asks_nothing_again(signed_in, hub):
    await signed_in.get_by_role("button", name="Leggi ora: Ambito di Foggia, Patti e misure").click()
    await signed_in.wait_for_url("**/?notice=*")
    await signed_in.reload()
    await signed_in.go_back()
    await signed_in.go_forward()

    assert await hub.rows("SELECT count(*) FROM audit WHERE action = 'job.run_now'") == [(1,)]


async def test_a_stream_is_paused_and_goes_on_by_keyboard_alone(signed_in, hub):
    await signed_in.goto(f"{hub.address}/jobs/{JOB}")
    await reach(signed_in, "#reason")
    await signed_in.keyboard.type("Il partner migra")
    await signed_in.keyboard.press("Enter")
    await signed_in.wait_for_url("**notice.paused")
    assert "Sospeso da demo: Il partner migra" in await signed_in.locator("main").inner_text()

    await reach(signed_in, "form[action$='/resume'] button")
    await signed_in.keyboard.press("Enter")
    await signed_in.wait_for_url("**notice.resumed")

    assert (await hub.ledger.read(job_state.get, JOB)).paused_at is None


async def reach(page, selector):
    """Press the tabulator until an element has the focus, which must be seen."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            style = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style == "solid"
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


async def test_the_first_stop_of_the_keyboard_leads_past_the_header(signed_in):
    await signed_in.keyboard.press("Tab")
    assert await signed_in.evaluate("document.activeElement.getAttribute('href')") == "#content"

    await signed_in.keyboard.press("Enter")
    await signed_in.keyboard.press("Tab")
    assert await signed_in.evaluate("document.activeElement.closest('main') !== null")


async def test_the_table_refreshes_by_itself_and_keeps_the_focus(signed_in, hub):
    await signed_in.clock.install()
    await signed_in.goto(hub.address)
    await signed_in.get_by_role("button", name="Leggi ora: Cooperativa Il Ponte, Visite").focus()
    now = hub.world.milliseconds()
    await hub.ledger.write(job_state.pause, JOB, by="eva", reason="prova", now=now)

    async with signed_in.expect_response("**/standing"):
        await signed_in.clock.run_for(11_000)
    await signed_in.get_by_text("Sospeso da eva: prova").wait_for()

    focused = await signed_in.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Leggi ora: Cooperativa Il Ponte, Visite"


async def test_the_refresh_can_be_stopped(signed_in, hub):
    await signed_in.clock.install()
    await signed_in.get_by_role("link", name="Ferma l'aggiornamento automatico").click()
    asked = []
    signed_in.on("request", lambda request: asked.append(request.url))

    await signed_in.clock.run_for(60_000)

    assert [url for url in asked if url.endswith("/standing")] == []


async def test_when_the_session_has_ended_the_table_says_so(signed_in, hub):
    await signed_in.clock.install()
    await signed_in.goto(hub.address)
    await hub.ledger.write(lambda connection: connection.exec_driver_sql("DELETE FROM session"))

    await signed_in.clock.run_for(11_000)

    await signed_in.get_by_text("La sessione è scaduta").wait_for()


async def test_the_language_switches_and_stays(signed_in):
    await signed_in.get_by_role("link", name="English").click()
    assert await signed_in.get_by_role("heading", level=1).inner_text() == "State of the streams"
    assert await signed_in.evaluate("document.documentElement.lang") == "en"

    await signed_in.get_by_role("link", name="Ambito di Foggia").first.click()
    assert "Rows in quarantine" in await signed_in.locator("main").inner_text()

    await signed_in.get_by_role("link", name="Italiano").click()
    assert "Righe in quarantena" in await signed_in.locator("main").inner_text()


async def test_everything_works_without_scripts(looker, hub):
    context = await looker.page.context.browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(await hub.link())
    await page.get_by_role("button", name="Leggi ora: Ambito di Foggia, Patti e misure").click()
    assert "Lettura richiesta" in await page.locator("main").inner_text()

    await page.goto(f"{hub.address}/jobs/il-ponte/visits")
    await page.get_by_label("Motivo").fill("Ferie")
    await page.get_by_label("Fino a (facoltativo)").fill("2026-03-20T08:00")
    await page.get_by_role("button", name="Sospendi").click()

    assert "Riprende il 20 marzo alle 08:00." in await page.locator("main").inner_text()
    await context.close()


async def test_a_role_that_may_only_look_is_offered_nothing_to_do(looker, hub):
    token = await hub.ledger.write(staff.signin_link, hub.world, "rita", "auditor")
    await looker.page.goto(f"{hub.address}/signin/{token}")

    assert await looker.page.locator("main button").count() == 0
    assert "Stato dei flussi" in await looker.page.locator("main").inner_text()
