# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A GET changes nothing: the only rows that it may write say that somebody looked (ASVS V3.5.3)."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.store import persons
from tests.security.population import World
from tests.security.statements import statements
from tests.security.test_s08_fields_per_role import shown_to

ROLES = {
    "consulent@gemeente-leidschendam-voorburg": "1916",
    "policy-officer@gemeente-leidschendam-voorburg": "1916",
    "teacher@echt-nederlands": "1916",
    "vwn-team-leader@vluchtelingenwerk": "1916",
    "operations@operations": "1916",
}
"""Between them they may ask for all that can be read, but for what one corporation or the Province sees."""

_WRITES = re.compile(
    r"\b(?P<verb>INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|COPY|UPDATE)\s+(?P<table>[\w.\"]+)"
    r"(?P<set>(?:\s+(?:AS\s+)?\w+)?\s+SET\b)?",
    re.IGNORECASE,
)
_NOTED = re.compile(r"(\w+\.)?(access_log|pace_level)$")  # who looked, and how many asked how fast


def changed(seen: list[str]) -> list[str]:
    """What statements change, but for the access log and the pace of callers; a lock (`FOR UPDATE OF x`) changes nothing."""
    found = [one for statement in seen for one in _WRITES.finditer(statement)]
    return [
        f"{one['verb'].upper()} {one['table']}"
        for one in found
        if (one["set"] or one["verb"].upper() != "UPDATE") and not _NOTED.match(one["table"].replace('"', ""))
    ]


@pytest.mark.security("S08")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ROLES)
async def test_all_that_a_role_can_read_is_read_without_a_change(world: World, name: str) -> None:
    with statements() as seen:
        answered = await shown_to(world, name, world.tenants[ROLES[name]])
    assert len(answered) > 5, "a role that can read next to nothing shows nothing"
    assert len(seen) > len(answered), "the statements of the services are seen here"
    assert changed(seen) == []


@pytest.mark.security("S08")
async def test_planted_a_read_that_counts_who_looked_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: looking at somebody moves the moment at which the row changed last."""
    real = persons.dossier

    async def counting(tx: Any, *asked: Any) -> Any:
        await tx.execute(text("UPDATE inburgeraar SET version = version WHERE false"))
        return await real(tx, *asked)

    monkeypatch.setattr(persons, "dossier", counting)
    with statements() as seen:
        await shown_to(world, "consulent@gemeente-leidschendam-voorburg", world.tenants["1916"])
    assert "UPDATE inburgeraar" in changed(seen)
