from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "path", ["", "/deliveries", "/receipts", "/refusals", "/upload", "/replay", "/subscriptions", "/keys", "/limits"]
)
async def test_smoke(inside, path):
    for lang in ("it", "en"):
        answer = await inside.get(f"/portal{path}?lang={lang}")
        assert answer.status == 200, await answer.text()
