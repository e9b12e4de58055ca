# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who of a gemeente says which systems hear of its people."""

from uuid import uuid4

from tests.service.notifications.receiver import REGISTERED, hooked, receiver


async def test_only_who_sets_the_policy_of_a_gemeente_says_which_systems_listen(
    postgres_url: str,
) -> None:
    """A colleague sees where events go, and cannot send them elsewhere."""
    async with receiver() as listening, hooked(postgres_url) as chain:
        made = await chain.subscribe(listening.url)
        place = f"/webhook-subscriptions/{made['id']}"
        new = {"url": "https://elders.example/x", "types": [REGISTERED]}
        for role in ("consulent", "klantmanager", "kwaliteitsmedewerker"):
            colleague = chain.consulent(role=role)
            assert (await chain.get(place, colleague))["url"] == listening.url
            refused = await chain.post("/webhook-subscriptions", colleague, new, 403)
            assert refused["code"] == "role-missing"
            await chain.post(f"{place}/secrets", colleague, None, 403)
            await chain.post(f"{place}/replays", colleague, {"deliveryId": str(uuid4())}, 403)
            headers = {**colleague, "If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
            for method, body in (("PATCH", {"url": new["url"]}), ("DELETE", None)):
                answer = await chain.bench.client.request(
                    method, f"/notifications/v1{place}", headers=headers, json=body
                )
                assert answer.status_code == 403, method
        stopped = await chain.bench.client.delete(f"/notifications/v1{place}", headers=chain.policy_lv())
        assert stopped.status_code == 204
