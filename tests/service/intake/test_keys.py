# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The change of keys: everything stays readable, findable and unique, before, during and after."""

import pytest
from pydantic import ValidationError

from chassis.migrate import differences
from chassis.testing import Bench, service_under_test
from services.intake.app import SERVICE
from services.intake.settings import IntakeSettings
from tests.service.intake.people import ROOT, SETTINGS, Chain, Intake, a_person, a_v_number, keys
from tests.service.intake.restarting import restarted


async def key_ids(bench: Bench) -> dict[str, set[str]]:
    rows = {
        "bsn": "SELECT DISTINCT bsn_key_id FROM intake.person_identity WHERE bsn_key_id IS NOT NULL",
        "v-number": "SELECT DISTINCT v_number_key_id FROM intake.person_identity WHERE v_number_key_id IS NOT NULL",
        "history": "SELECT DISTINCT changes_key_id FROM intake.person_version",
        "index": "SELECT DISTINCT key_id FROM intake.blind_index",
    }
    return {name: {row[0] for row in await bench.sql(statement)} for name, statement in rows.items()}


async def test_keys_are_replaced_without_losing_a_person(postgres_url: str) -> None:
    async with service_under_test(SERVICE, postgres_url, settings=SETTINGS) as bench:
        intake, chain = Intake(bench), Chain(bench)
        people = [
            await intake.register(chain.lv(), vNumber=a_v_number() if n % 2 else None, bsn=a_person()["bsn"])
            for n in range(5)
        ]
        await intake.patch(people[0], {"familyName": "de Vries"}, chain.lv())

        async with restarted(bench, encryption=keys("e2", "e1"), index=keys("i2", "i1")) as during:
            calls = Intake(during)
            # Before the job ran: old rows are read, found and unique under the old key.
            assert (await calls.read(people[1], chain.lv()))["bsn"] == people[1]["bsn"]
            taken = await calls.post(ROOT, a_person(bsn=people[1]["bsn"]), chain.lv())
            assert taken.status_code == 409
            new = await calls.register(chain.lv())
            await during.settle()
            assert await key_ids(during) == {
                "bsn": {"e2"}, "v-number": {"e2"}, "history": {"e2"}, "index": {"i1", "i2"},
            }  # fmt: skip

        async with restarted(bench, encryption=keys("e2"), index=keys("i2")) as after:
            calls = Intake(after)
            await after.settle()
            assert (await key_ids(after))["index"] == {"i2"}
            for person in (*people, new):
                assert (await calls.read(person, chain.lv()))["bsn"] == person["bsn"]
                found = await calls.post(f"{ROOT}/_search", {"bsn": person["bsn"]}, chain.lv())
                assert [one["id"] for one in found.json()["items"]] == [person["id"]]
                again = await calls.post(ROOT, a_person(bsn=person["bsn"]), chain.lv())
                assert again.status_code == 409
            history = await calls.get(f"{ROOT}/{people[0]['id']}/versions", chain.lv())
            assert history.json()["items"][0]["changes"] == [
                {"field": "familyName", "before": "Öztürk", "after": "de Vries"}
            ]


@pytest.mark.parametrize(
    ("encryption", "index"),
    [
        pytest.param("", keys("i1"), id="no-encryption-key"),
        pytest.param(keys("e1"), "", id="no-index-key"),
        pytest.param("e1:short", keys("i1"), id="a-key-that-is-none"),
        pytest.param(keys("same"), keys("same"), id="one-key-for-both"),
    ],
)
def test_intake_does_not_start_without_usable_keys(encryption: str, index: str) -> None:
    with pytest.raises(ValidationError) as refused:
        IntakeSettings.model_validate({"encryption_keys": encryption, "index_keys": index})
    assert "c2FtZS4u" not in str(refused.value), "a key was repeated"


async def test_the_tables_are_what_the_models_say(bench: Bench) -> None:
    assert await differences(SERVICE, bench.databases.owner_url) == []
