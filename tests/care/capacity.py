# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Measure what a person, an attendance, an event and a look take on the disk: `python -m tests.care.capacity`.

The chain is filled through its API at two sizes. What a table takes for a row is the difference
between the two: what is there once (empty pages, catalogues) falls out. Needs DATABASE_URL.
"""

import asyncio
import json
import os
import resource
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis import logs
from embedded.app import SERVICES
from tests.care.chain import CONSULENT, QUALITY, Chain, a_chain
from tests.care.filling import School, a_group, a_school, register, roll_call, seat
from tests.care.sight import SCHEMA, rows

RESULTS = Path(__file__).parents[2] / "bench" / "results" / "capacity.json"
SIZES = tuple(int(size) for size in os.environ.get("CAPACITY_SIZES", "36,144").split(","))
LESSONS = int(os.environ.get("CAPACITY_LESSONS", "30"))
SEATS = 12
_SIZE = """
    SELECT c.relname, pg_total_relation_size(c.oid) AS bytes FROM pg_class c
    WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r'
"""


async def measure(chain: Chain, postgres_url: str) -> dict[str, dict[str, int]]:
    """Rows and bytes, indexes included, of every table."""
    found = {}
    for service in SERVICES:
        schema, prepared = SCHEMA[service.name], chain.databases[service.name]
        for row in await rows(prepared, postgres_url, _SIZE, schema):
            place = f"{schema}.{row['relname']}"
            count = (await rows(prepared, postgres_url, f"SELECT count(*) FROM {place}"))[0][0]
            found[place] = {"rows": count, "bytes": row["bytes"]}
    return found


async def fill(chain: Chain, school: School, people: int) -> None:
    """So many people more, twelve to a group, each with a PIP, a place and a year of lessons in small."""
    for start in range(0, people, SEATS):
        group = School(chain, school.provider, await a_group(chain, school.provider))
        await group.plan(LESSONS)
        for _ in range(min(SEATS, people - start)):
            person = await register(chain, familyName=f"Naam {uuid4().hex[:10]}")
            body = {
                "signedOn": "2024-09-20", "leerroute": "b1", "level": "b1", "pvtHours": 12, "mapHours": 40,
                "participation": "vrijwilligerswerk", "talksPlanned": 8, "goals": ["werk in de zorg"],
            }  # fmt: skip
            await chain.post(CONSULENT, f"/intake/v1/inburgeraars/{person['id']}/pips", body)
            await seat(chain, group, person["id"])
            await roll_call(chain, group, person["id"], status="excused")
            for _ in range(3):
                await chain.ask(QUALITY, "GET", f"/intake/v1/inburgeraars/{person['id']}")


async def run(postgres_url: str) -> dict[str, Any]:
    """Fill and measure at each size."""
    measured: dict[str, Any] = {}
    async with a_chain(postgres_url) as chain:
        school = await a_school(chain, lessons=0)
        held = 0
        for size in SIZES:
            await fill(chain, school, size - held)
            held = size
            await chain.settle()
            measured[str(size)] = await measure(chain, postgres_url)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"lessons": LESSONS, "sizes": measured, "embeddedMegabytes": memory}


def main() -> None:
    """Measure and write the results."""
    logs.configure("error")
    found = asyncio.run(run(os.environ["DATABASE_URL"]))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
