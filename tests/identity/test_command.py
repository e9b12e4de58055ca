# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who runs the platform comes in by the command, through the clients that our realm of Keycloak has for it."""

import asyncio
import re
import time

import jwt
import pytest
from playwright.async_api import BrowserContext

from cli import access
from portal.proof import ClientKeys
from tests.identity.providers import Keycloak
from tests.identity.stage import CONSULENT, NAMES, Stage, private_key

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.parametrize("provider", ["keycloak"], indirect=True),
]


async def switched_on(stage: Stage, client_id: str) -> Keycloak:
    """The client is there, off until an operator switches it on."""
    keycloak = stage.provider
    assert isinstance(keycloak, Keycloak)
    client = await keycloak.client(client_id)
    assert client["enabled"] is False
    await keycloak.admin("PUT", f"/clients/{client['id']}", {**client, "enabled": True})
    return keycloak


async def test_whoever_is_on_duty_comes_in_by_a_key_whose_public_half_was_imported(on_stage: Stage) -> None:
    keycloak = await switched_on(on_stage, "operations")
    keys = ClientKeys(private_key(), thumbprints=True)
    await keycloak.import_keys("operations", keys.key_set())
    async with access.session() as http:
        granted = await access.by_key(http, keycloak.issuer, client_id="operations", keys=keys, now=time.time)
        with pytest.raises(access.NoToken, match="refuses"):
            await access.by_key(
                http, keycloak.issuer, client_id="operations", keys=ClientKeys(private_key()), now=time.time
            )
    told = jwt.decode(granted.token, options={"verify_signature": False})
    assert told["open_inburgering_client"] == "operations"
    assert granted.seconds <= 300
    answer = await on_stage.call(granted.token)
    assert (answer.status_code, answer.json()["account"]["subject"]) == (403, "operations"), (
        "believed as a system; this register does not name it"
    )


async def test_a_person_signs_in_for_the_command_in_a_browser_of_their_own(
    on_stage: Stage, desk: BrowserContext
) -> None:
    keycloak = await switched_on(on_stage, access.COMMAND)
    said: asyncio.Queue[str] = asyncio.Queue()
    async with access.session() as http:
        asked = asyncio.create_task(
            access.by_browser(http, keycloak.issuer, client_id=access.COMMAND, say=said.put_nowait)
        )
        found = re.search(r"Open (\S+) in a browser, type the code (\S+) there", await said.get())
        assert found is not None
        page = await desk.new_page()
        await page.goto(found[1])
        await page.fill("input[name=device_user_code]", found[2])
        await page.press("input[name=device_user_code]", "Enter")
        await page.wait_for_selector("input[name=username]")
        await keycloak.sign_in(page, CONSULENT, on_stage.passwords[CONSULENT])
        await page.click("[name=accept]")
        granted = await asyncio.wait_for(asked, 60)
    me = (await on_stage.call(granted.token)).json()
    assert (me["kind"], me["name"], me["roles"]) == ("person", NAMES[CONSULENT], ["consulent"])
