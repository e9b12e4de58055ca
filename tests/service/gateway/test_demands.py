# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Work for which people must have signed in more strongly, or a short while ago (RFC 9470; ASVS V6.8.4, V10.3.4)."""

import io
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from chassis.testing import logging_to
from contracts.access import Role
from gateway.settings import ExternalIssuer, SignInDemand
from tests.service.gateway.realm import ISSUER, Realm
from tests.service.gateway.world import World, id_of, served, world

SUBJECTS = {
    "consulent-lv": "account-1",
    "operations": "account-2",
    "administrator": "account-3",
}  # who links, last
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Demanding:
    """A gateway that asks something of the sign-in of people of a realm."""

    made: World
    realm: Realm

    async def read(self, name: str, path: str = "/mirror/v1/people", **claims: Any) -> httpx.Response:
        """One request of somebody whose token tells this of the sign-in."""
        return await self.send("GET", self.realm.token(SUBJECTS[name], **claims), path)

    async def send(self, method: str, token: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        body: dict[str, Any] | None = {} if method == "POST" else None
        return await self.made.client.request(method, path, headers=headers, json=body)


@asynccontextmanager
async def demanding(
    postgres_url: str, folder: Path, demands: Sequence[SignInDemand]
) -> AsyncIterator[Demanding]:
    """The chain with three members and a system at an external issuer."""
    realm = Realm()
    async with served(realm) as address:
        issuer = ExternalIssuer(
            issuer=ISSUER, audience="open-inburgering", jwks_uri=f"{address}/jwks", algorithm="RS256",
            token_type="JWT", demands=tuple(demands),
        )  # fmt: skip
        async with world(postgres_url, folder, settings={"issuers": [issuer]}) as made:
            for name, subject in SUBJECTS.items():
                account = {"issuer": ISSUER, "subject": subject}
                linked = await made.patch("administrator", f"/gateway/v1/members/{id_of(name)}", account, 1)
                assert linked.status_code == 200, linked.text
            made._tokens["administrator"] = realm.token(
                SUBJECTS["administrator"], acr="gold", amr=["otp"], auth_time=time.time()
            )
            yield Demanding(made, realm)


def challenge(answer: httpx.Response) -> dict[str, str]:
    """The parameters of the refusal, as a program reads them."""
    scheme, _, rest = answer.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


async def test_a_role_of_which_a_strong_recent_sign_in_is_asked_is_sent_back_without_one(
    postgres_url: str, tmp_path: Path
) -> None:
    demand = SignInDemand(
        roles=frozenset({Role.ADMINISTRATOR}), acr=("gold", "platinum"), max_age_seconds=HOUR
    )
    async with demanding(postgres_url, tmp_path, [demand]) as there:
        now = time.time()
        for well in ({"acr": "gold"}, {"acr": "platinum"}):
            assert (await there.read("administrator", **well, auth_time=now - HOUR)).status_code == 200
        for wrong in (
            {},
            {"acr": "gold"},
            {"auth_time": now},
            {"acr": "silver", "auth_time": now},
            {"acr": ["gold"], "auth_time": now},
            {"acr": "gold", "auth_time": now - HOUR - 60},
            {"acr": "gold", "auth_time": str(now)},
            {"acr": "gold", "auth_time": True},
            {"acr": "gold", "auth_time": now + 2 * HOUR},
        ):
            answer = await there.read("administrator", **wrong)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-again"), wrong
            assert challenge(answer) == {
                "error": "insufficient_user_authentication",
                "error_description": "a stronger or more recent sign-in is needed",
                "acr_values": "gold platinum",
                "max_age": str(HOUR),
            }
            assert (answer.json()["acrValues"], answer.json()["maxAge"]) == (["gold", "platinum"], HOUR)
        # Of other roles nothing is asked, nor of who comes in through another issuer.
        assert (await there.read("consulent-lv")).status_code == 200
        assert (await there.made.get("teacher", "/mirror/v1/people")).status_code == 200


async def test_a_demand_of_one_operation_leaves_the_others_alone(postgres_url: str, tmp_path: Path) -> None:
    demand = SignInDemand(operations=frozenset({"mirror.addPerson"}), amr=frozenset({"otp"}))
    async with demanding(postgres_url, tmp_path, [demand]) as there:
        assert (await there.read("consulent-lv")).status_code == 200
        weak = there.realm.token(SUBJECTS["consulent-lv"], amr=["pwd"])
        answer = await there.send("POST", weak, "/mirror/v1/people")
        assert (answer.status_code, answer.json()["amr"]) == (401, ["otp"])
        assert "acr_values" not in challenge(answer)
        strong = there.realm.token(SUBJECTS["consulent-lv"], amr=["pwd", "otp"])
        assert (await there.send("POST", strong, "/mirror/v1/people")).status_code == 200


async def test_all_that_is_asked_for_one_operation_is_told_at_once(postgres_url: str, tmp_path: Path) -> None:
    demands = [
        SignInDemand(acr=("silver", "gold"), max_age_seconds=10 * HOUR),
        SignInDemand(operations=frozenset({"mirror.addPerson"}), acr=("gold",)),
        SignInDemand(roles=frozenset({Role.OPERATIONS}), max_age_seconds=HOUR),
    ]
    async with demanding(postgres_url, tmp_path, demands) as there:
        token = there.realm.token(SUBJECTS["operations"], acr="silver", auth_time=time.time())
        assert (await there.send("GET", token, "/mirror/v1/people")).status_code == 200
        told = challenge(await there.send("POST", token, "/mirror/v1/people"))
        assert (told["acr_values"], told["max_age"]) == ("gold", str(HOUR))


async def test_of_systems_and_of_the_issuer_of_trials_nothing_is_asked(
    postgres_url: str, tmp_path: Path
) -> None:
    async with demanding(postgres_url, tmp_path, [SignInDemand(acr=("gold",))]) as there:
        path = f"/gateway/v1/clients/{id_of('duo-system')}"
        linked = await there.made.patch("administrator", path, {"issuer": ISSUER, "subject": "duo-system"}, 1)
        assert linked.status_code == 200, linked.text
        machine = there.realm.token("duo-system", azp="duo-system", client_id="duo-system")
        assert (await there.send("GET", machine, "/mirror/v1/people")).status_code == 200
        assert (await there.made.get("teacher", "/mirror/v1/people")).status_code == 200
        assert (await there.read("consulent-lv")).status_code == 401


async def test_an_operation_that_is_named_wrong_is_told_in_the_log(postgres_url: str, tmp_path: Path) -> None:
    said = io.StringIO()
    demand = SignInDemand(operations=frozenset({"mirror.addPerson", "mirror.addPersoon"}), acr=("gold",))
    async with demanding(postgres_url, tmp_path, [demand]) as there:
        with logging_to(said):
            there.made.door.catalogues._told = frozenset()
            await there.made.door.catalogues.refresh()
            await there.made.door.catalogues.refresh()
    assert said.getvalue().count("demand_of_unknown_operations") == 1
    assert "mirror.addPersoon" in said.getvalue()
    assert 'mirror.addPerson"' not in said.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"roles": ["administrator"]},
        {"acr": ['gold" x="']},
        {"acr": ["gold silver"]},
        {"maxAgeSeconds": 5},
        {"roles": ["boss"], "acr": ["gold"]},
        {"acrs": ["gold"]},
    ],
)
def test_a_demand_that_asks_nothing_or_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SignInDemand.model_validate(wrong)
