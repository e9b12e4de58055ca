# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Databases that came back by other means than our own backup forget again who was destroyed since."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from chassis.care.backup import Place, save_tombstones
from chassis.care.destruction import Grounds, Tombstone, digest_of
from chassis.care.faults import BackupFault
from chassis.care.restore import destroy_again
from chassis.clock import SystemClock
from contracts.retention import Stage
from embedded.app import SERVICES
from tests.care.chain import Chain
from tests.care.filling import register
from tests.care.sight import traces


async def test_the_list_is_applied_to_databases_that_are_filled(
    chain: Chain, postgres_url: str, tmp_path: Path
) -> None:
    gone, stays = await register(chain), await register(chain)
    await chain.settle()
    places = [Place(service, chain.databases[service.name].owner_url) for service in SERVICES]
    path = tmp_path / "tombstones.jsonl"

    with pytest.raises(BackupFault, match="is not there"):
        await destroy_again(places, path, clock=SystemClock())
    grounds = Grounds("at-death", "Besluit inburgering 2021 art. 9.9", date(2024, 11, 5))
    save_tombstones(path, [Tombstone(digest_of(UUID(gone["id"])), Stage.DESTROYED, grounds)])

    done = await destroy_again(places, path, clock=SystemClock())
    assert done["intake"] == 1
    left = await traces(chain.databases, postgres_url, gone["id"], gone["bsn"])
    assert {table for table in left if not table.endswith(("access_log", "access_chain"))} == set()
    assert "intake.person_identity" in await traces(chain.databases, postgres_url, stays["id"])

    again = await destroy_again(places, path, clock=SystemClock())
    assert set(again.values()) == {0}
