"""Three hosts of internships that a clerk knows by heart, told in the mood that the settings ask for."""

import asyncio
import os
import sys
import time

from pydantic import BaseModel

from patto_hub import Batch, Connector, hookimpl
from patto_schemas.model import Organisation


class ClerkSettings(BaseModel):
    mood: str = "good"


class Clerk:
    def __init__(self, settings):
        self.mood = settings.mood

    async def read(self, after):
        rows = [{"key": f"N-{number}", "mood": self.mood} for number in range(3)]
        yield Batch(rows=rows, name="page 1", cursor={"page": 1})
        if self.mood == "raises":
            raise RuntimeError("no more paper")
        if self.mood == "hangs":
            await asyncio.Event().wait()
        if self.mood == "blocks":
            time.sleep(2)  # noqa: ASYNC251 - the mistake of every stranger
        if self.mood == "exits":
            sys.exit(7)


def translate(row):
    if row["mood"] == "dies":
        os._exit(9)
    names = [{"scheme": "rea", "value": "LE-123456"}]
    return Organisation(organisation_id=row["key"], legal_name="Ente", type="host", identifiers=names)


@hookimpl
def register_connectors():
    yield Connector(name="hosts", settings=ClerkSettings, source=Clerk, translate=translate, kinds=("organisation",))
