# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where members receive mail, and who may look at the log of it."""

from uuid import uuid4

import pytest

from tests.service.notifications.chain import COLLEAGUE, LEAD, LEIDSCHENDAM
from tests.service.notifications.mailing import ADDRESS, Mailing


async def test_who_may_set_a_mailbox(mailing: Mailing) -> None:
    body = {"address": "ander@leidschendam.example", "digest": False}
    fault = await mailing.put(f"/mailboxes/{COLLEAGUE}", mailing.consulent(), body, 403)
    assert fault["code"] == "role-missing"
    await mailing.get(f"/mailboxes/{COLLEAGUE}", mailing.consulent(), 404)
    administrator = mailing.bench.as_caller(
        roles={"administrator"}, gemeentecode=LEIDSCHENDAM, subject=uuid4()
    )
    made = await mailing.put(f"/mailboxes/{COLLEAGUE}", administrator, body, 201)
    assert made == {
        "memberId": str(COLLEAGUE),
        "address": "ander@leidschendam.example",
        "digest": False,
        "changedAt": "2024-11-05T08:00:00Z",
    }
    assert await mailing.get(f"/mailboxes/{COLLEAGUE}", mailing.consulent(COLLEAGUE)) == made
    await mailing.put(f"/mailboxes/{uuid4()}", mailing.teacher(), body, 403)


@pytest.mark.parametrize(
    "address",
    [
        "lead",
        "lead@",
        "@gemeente.nl",
        "lead@gemeente",
        "a b@gemeente.nl",
        "lead@gemeente.nl\r\nBcc: iedereen@gemeente.nl",
        "lead@gemeente.nl, ander@gemeente.nl",
        "Lead <lead@gemeente.nl>",
        "lead@-gemeente.nl",
        "lead@gemeente..nl",
        ".lead@gemeente.nl",
        "lead@gemeénte.nl",
        "x" * 65 + "@gemeente.nl",
        "lead@" + "x" * 250 + ".nl",
        "",
        7,
        None,
    ],
    ids=str,
)
async def test_what_is_no_address_is_refused(mailing: Mailing, address: object) -> None:
    fault = await mailing.put(f"/mailboxes/{LEAD}", mailing.consulent(), {"address": address}, 400)
    assert fault["errors"][0]["pointer"] == "/address"
    assert (await mailing.get(f"/mailboxes/{LEAD}", mailing.consulent()))["address"] == ADDRESS


async def test_the_log_is_one_s_own(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.absence(person)
    assert len(await mailing.log()) == 1
    assert await mailing.log(mailing.consulent(COLLEAGUE)) == []
    await mailing.get("/deliveries", mailing.teacher(), 403)
    first = await mailing.get("/deliveries", mailing.operations(), pageSize=1)
    assert first["nextPageToken"] is None
