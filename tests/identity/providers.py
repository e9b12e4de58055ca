# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the suite asks of an identity provider, said to Keycloak and to oidc-provider in their own words."""

import json
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
from playwright.async_api import Page

from portal.proof import ASSERTION_TYPE, ClientKeys

AUDIENCE = "open-inburgering"


class Provider(ABC):
    """An identity provider that runs."""

    name: str
    algorithm: str
    client_claim = ""
    tells_acr = False  # how strong the sign-in was, in the token for the API

    def __init__(self, address: str, home: Path) -> None:
        self.address = address
        self.home = home
        self.log = home / "server.log"
        self.http = httpx.AsyncClient(base_url=address, timeout=60)

    @property
    @abstractmethod
    def issuer(self) -> str:
        """Its `iss`."""

    def for_gateway(self) -> dict[str, Any]:
        """What the gateway is told in GATEWAY_ISSUERS."""
        told = {"issuer": self.issuer, "audience": AUDIENCE, "algorithm": self.algorithm}
        return {**told, "clientClaim": self.client_claim} if self.client_claim else told

    @abstractmethod
    async def open_portal(self, portal_url: str) -> None:
        """Let the portal at an address sign people in; it shows its keys at /portal/jwks.json."""

    @abstractmethod
    async def add_person(self, login: str, password: str, name: str) -> str:
        """A person who can sign in; answers the subject."""

    @abstractmethod
    async def add_machine(self, client_id: str, jwks_uri: str) -> None:
        """A system that proves itself with keys at an address."""

    @abstractmethod
    async def rotate(self) -> None:
        """Sign with a new key from now on; the old one stays known."""

    @abstractmethod
    async def retire(self) -> None:
        """Forget the old key."""

    @abstractmethod
    async def strays(self, client_id: str, keys: ClientKeys) -> dict[str, str]:
        """Tokens that this provider really signed, and that are not for us, by what is wrong."""

    async def sign_in(self, page: Page, login: str, password: str) -> None:
        """Fill in the provider's own page."""
        await page.fill("input[name=username]", login)
        await page.fill("input[name=password]", password)
        await page.press("input[name=password]", "Enter")

    @abstractmethod
    async def confirm_logout(self, page: Page) -> None:
        """What a person has to do on the provider's page to be signed out there."""

    async def metadata(self) -> dict[str, Any]:
        answer = await self.http.get(f"{self.issuer}/.well-known/openid-configuration")
        return dict(answer.json())

    async def machine_token(self, client_id: str, keys: ClientKeys, **form: str) -> httpx.Response:
        """What the token endpoint answers to a system that signs with a key."""
        assertion = keys.assertion(client_id=client_id, audience=self.issuer, now=time.time)
        return await self.http.post(
            (await self.metadata())["token_endpoint"],
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
                **form,
            },
        )


class Keycloak(Provider):
    """The realm of deploy/keycloak, changed over its own administration interface."""

    name = "keycloak"
    algorithm = "RS256"
    client_claim = "open_inburgering_client"
    tells_acr = True
    _token = ""
    _until = 0.0
    _first_keys: frozenset[str] = frozenset()

    @property
    def issuer(self) -> str:
        return f"{self.address}/realms/open-inburgering"

    async def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call of the administration interface, which must succeed."""
        if time.monotonic() > self._until:
            kept = json.loads((self.home / "administrator.json").read_text())
            form = {"grant_type": "password", "client_id": "admin-cli", "username": kept["name"]}
            answer = await self.http.post(
                "/realms/master/protocol/openid-connect/token", data={**form, "password": kept["password"]}
            )
            self._token, self._until = answer.json()["access_token"], time.monotonic() + 40
        answer = await self.http.request(
            method,
            f"/admin/realms/open-inburgering{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
        )
        assert answer.is_success, answer.text
        return answer

    async def client(self, client_id: str) -> dict[str, Any]:
        return dict((await self.admin("GET", f"/clients?clientId={client_id}")).json()[0])

    async def open_portal(self, portal_url: str) -> None:
        portal = await self.client("portal")
        keys = portal["attributes"]["jwks.url"]
        stands = keys.removesuffix(
            "/portal/jwks.json"
        )  # the realm's default, or the portal of another file of tests
        assert stands != keys, keys
        moved = json.loads(json.dumps(portal).replace(stands, portal_url))
        await self.admin("PUT", f"/clients/{portal['id']}", moved)

    async def add_person(self, login: str, password: str, name: str) -> str:
        # Whoever was made for another file of tests has another password there, and is made anew.
        for one in (await self.admin("GET", f"/users?username={login}&exact=true")).json():
            await self.admin("DELETE", f"/users/{one['id']}")
        first, _, last = name.partition(" ")
        made = await self.admin(
            "POST",
            "/users",
            {
                "username": login,
                "enabled": True,
                "email": f"{login}@example.org",
                "emailVerified": True,
                "firstName": first,
                "lastName": last,
                # The realm asks everybody for a second factor; that page is Keycloak's own and not tested here.
                "requiredActions": [],
                "credentials": [{"type": "password", "value": password, "temporary": False}],
            },
        )
        subject = made.headers["location"].rpartition("/")[2]
        await self.admin("PUT", f"/users/{subject}", {"requiredActions": []})
        return subject

    async def add_machine(self, client_id: str, jwks_uri: str) -> None:
        for one in (await self.admin("GET", f"/clients?clientId={client_id}")).json():
            await self.admin("DELETE", f"/clients/{one['id']}")  # as with people: of another file of tests
        example = await self.client("voorbeeld-taalschool")
        copied = {name: value for name, value in example.items() if name not in {"id", "secret"}}
        attributes = {**copied["attributes"], "jwks.url": jwks_uri}
        made = {**copied, "clientId": client_id, "enabled": True, "attributes": attributes}
        await self.admin("POST", "/clients", made)

    async def import_keys(self, client_id: str, key_set: dict[str, Any]) -> None:
        """The public keys of a system, as an administrator imports them at *Keys*."""
        client = await self.client(client_id)
        answer = await self.http.post(
            f"/admin/realms/open-inburgering/clients/{client['id']}/certificates/jwt.credential/upload-certificate",
            headers={"Authorization": f"Bearer {self._token}"},
            data={"keystoreFormat": "JSON Web Key Set"},
            files={"file": ("keys.json", json.dumps(key_set).encode(), "application/json")},
        )
        assert answer.is_success, answer.text

    async def _active(self) -> list[dict[str, Any]]:
        keys = (await self.admin("GET", "/keys")).json()["keys"]
        return [key for key in keys if key["algorithm"] == "RS256" and key["status"] == "ACTIVE"]

    async def rotate(self) -> None:
        self._first_keys = frozenset(key["providerId"] for key in await self._active())
        realm = (await self.admin("GET", "")).json()
        await self.admin(
            "POST",
            "/components",
            {
                "name": f"rsa-{uuid4()}",
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "parentId": realm["id"],
                "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"]},
            },
        )

    async def retire(self) -> None:
        for provider in self._first_keys:
            await self.admin("DELETE", f"/components/{provider}")

    async def strays(self, client_id: str, keys: ClientKeys) -> dict[str, str]:
        machine = await self.client(client_id)
        scope = next(
            one for one in (await self.admin("GET", "/client-scopes")).json() if one["name"] == AUDIENCE
        )
        place = f"/clients/{machine['id']}/default-client-scopes/{scope['id']}"
        await self.admin("DELETE", place)
        elsewhere = (await self.machine_token(client_id, keys)).json()["access_token"]
        await self.admin("PUT", place)
        return {"another audience": elsewhere, "another issuer": self._token}

    async def confirm_logout(self, page: Page) -> None:
        """Nothing: the hint of the portal says enough."""


class OidcProvider(Provider):
    """oidc-provider, told over the room that tests have in it."""

    name = "oidc-provider"
    algorithm = "ES256"

    @property
    def issuer(self) -> str:
        return self.address

    async def tell(self, what: str, body: Any = None) -> Any:
        secret = (self.home / "secret").read_text()
        answer = await self.http.post(f"/test/{what}", json=body, headers={"X-Test-Secret": secret})
        assert answer.is_success, answer.text
        return answer.json()

    async def open_portal(self, portal_url: str) -> None:
        await self.tell(
            "client",
            {
                "client_id": "portal",
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "redirect_uris": [f"{portal_url}/portal/callback"],
                "post_logout_redirect_uris": [f"{portal_url}/portal/?melding=uitgelogd"],
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "PS256",
                "id_token_signed_response_alg": "ES256",
                "jwks_uri": f"{portal_url}/portal/jwks.json",
                "backchannel_logout_uri": f"{portal_url}/oauth/back-channel-logout",
                "backchannel_logout_session_required": True,
            },
        )

    async def add_person(self, login: str, password: str, name: str) -> str:
        await self.tell("person", {"login": login, "password": password, "name": name})
        return login

    async def add_machine(self, client_id: str, jwks_uri: str) -> None:
        await self.tell(
            "client",
            {
                "client_id": client_id,
                "grant_types": ["client_credentials"],
                "response_types": [],
                "redirect_uris": [],
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "PS256",
                "id_token_signed_response_alg": "ES256",
                "jwks_uri": jwks_uri,
            },
        )

    async def rotate(self) -> None:
        await self.tell("rotate")

    async def retire(self) -> None:
        await self.tell("retire")

    async def strays(self, client_id: str, keys: ClientKeys) -> dict[str, str]:
        answer = await self.machine_token(client_id, keys, resource="urn:another-api")
        good = (await self.machine_token(client_id, keys)).json()["access_token"]
        claims = jwt.decode(good, options={"verify_signature": False})
        changes: dict[str, dict[str, Any]] = {
            "another issuer": {"iss": "https://login.example"},
            "an end in the past": {"exp": int(time.time()) - 1},
            "no end": {"exp": None},
        }
        made = {"another audience": answer.json()["access_token"]}
        for what, change in changes.items():
            body = {name: value for name, value in {**claims, **change}.items() if value is not None}
            made[what] = (await self.tell("sign", {"claims": body, "typ": "at+jwt"}))["token"]
        right = await self.tell("sign", {"claims": claims, "typ": "JWT"})
        return {**made, "a type that is no access token": right["token"]}

    async def confirm_logout(self, page: Page) -> None:
        await page.click("button[name=logout]")
