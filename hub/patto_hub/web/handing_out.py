"""Hands out the program that partners run on their side, as plain text, to everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub import client
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem

FILES: Final = {
    "patto-client.py": "patto_client.py",
    "patto-receiver.py": "patto_receiver.py",
    "patto-proof.py": "patto_proof.py",
}
"""By the name in the address, the file beside `patto_hub/client/__init__.py`."""


class FileParams(BaseModel):
    """Which file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    file: str = Field(max_length=40, examples=["patto-client.py"])
    """`patto-client.py`; `patto-receiver.py`, which it needs for webhooks; `patto-proof.py`, for third parties too."""


@endpoint(
    "GET",
    "/client/{file}",
    access=Access.EVERYBODY,
    params=FileParams,
    answers={200: None},
    media_types=("text/x-python",),
    problems=("params-invalid", "not-found"),
)
async def client_file(call: Call[FileParams, Nothing]) -> web.StreamResponse:
    """Give a file of the partners' program; save it with `_` in the place of `-`, it runs with Python alone."""
    name = FILES.get(call.params.file)
    if name is None:
        there = ", ".join(FILES)
        raise Problem("not-found", (f"Non esiste. Ci sono: {there}.", f"There is none. There are: {there}."))
    return web.Response(
        body=(Path(client.__file__).parent / name).read_bytes(),
        content_type="text/x-python",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


ENDPOINTS: Final = (client_file,)
