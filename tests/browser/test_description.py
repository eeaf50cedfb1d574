"""The API's description in a real browser: drawn whole, nothing from elsewhere, a plain table without scripts."""

from __future__ import annotations

import pytest

from patto_hub.web.app import ENDPOINTS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

COUNT = sum(len(group) for group in ENDPOINTS.values())


async def test_the_description_is_drawn_with_each_operation_and_asks_nothing_of_elsewhere(looker, hub, tmp_path):
    await looker.page.goto(f"{hub.address}/docs")
    await looker.page.locator(".opblock").first.wait_for()

    assert await looker.page.locator(".opblock").count() == COUNT
    assert await looker.page.locator(".errors-wrapper").count() == 0


async def test_an_operation_opens_and_shows_what_it_answers(looker, hub):
    await looker.page.goto(f"{hub.address}/docs")
    await looker.page.locator(".opblock-summary-control", has_text="/feeds/{feed}/changes").first.click()

    await looker.page.locator(".opblock.is-open .responses-inner").wait_for()

    assert await looker.page.locator(".opblock.is-open .parameters").count() > 0


async def test_without_scripts_the_operations_stand_in_a_table(chromium, hub):
    async with await chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900}) as context:
        page = await context.new_page()
        await page.goto(f"{hub.address}/docs")

        assert await page.locator("main tr").count() == COUNT
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
