# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal's one way to the platform: calls of the gateway as the person who is signed in."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from chassis import trace
from portal.words import labels

__all__ = ["MOST_PAGES", "SIGN_IN_AGAIN", "UNKNOWN", "Fault", "Gateway", "Json", "purposes_in_words"]

Json = dict[str, Any]

MOST_IDS = 200  # of one `_read` of names
MOST_PAGES = 40  # of one list; a screen that needs more needs a filter
UNREACHABLE = 503
UNKNOWN = "outcome-unknown"
SIGN_IN_AGAIN = "sign-in-again"
"""The token is good, and how or when its owner signed in is not enough for this (RFC 9470)."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_READS = ("_read", "_search")  # by POST, so that nothing about a person stands in an address


@dataclass(eq=False)
class Fault(Exception):
    """An answer that is not a success: the gateway's problem document, or our own words if there is none."""

    status: int
    code: str
    title: str
    detail: str
    errors: list[Json] = field(default_factory=list)
    missing: str | None = None
    rule: str | None = None
    account: str | None = None  # of a person whom the issuer knows and the register does not
    retry_after: str | None = None
    trace: str | None = None
    sign_in: str | None = None  # what a new sign-in must bring, as a query of the portal's own sign-in page

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        """Read a problem document; anything else (a proxy's HTML page) becomes words of our own."""
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {}
        missing = body.get("missing")
        if body.get("code") == UNKNOWN:
            return cls.unknown(retry_after=answer.headers.get("Retry-After"))
        return cls(
            status=answer.status_code,
            code=str(body.get("code") or f"status-{answer.status_code}"),
            title=str(body.get("title") or "Er ging iets mis"),
            detail=str(body.get("detail") or ""),
            errors=[error for error in body.get("errors") or [] if isinstance(error, dict)],
            missing=None if missing is None else purposes_in_words(str(missing)),
            rule=body.get("rule"),
            account=_account(body.get("account")),
            retry_after=answer.headers.get("Retry-After"),
            trace=answer.headers.get("traceparent"),
            sign_in=_sign_in(body) if body.get("code") == SIGN_IN_AGAIN else None,
        )

    @classmethod
    def unreachable(cls) -> Self:
        """No answer at all, or not in time."""
        return cls(
            status=UNREACHABLE,
            code="unreachable",
            title="Dit onderdeel is even niet bereikbaar",
            detail="Het systeem gaf geen antwoord.",
            retry_after="5",
        )

    @classmethod
    def unknown(cls, retry_after: str | None = "5") -> Self:
        """A change whose answer got lost: it can be stored and it can be not."""
        return cls(
            status=UNREACHABLE,
            code=UNKNOWN,
            title="Het is niet bekend of dit is opgeslagen",
            detail="De verbinding brak af tijdens het opslaan. Kijk eerst of uw wijziging er staat. "
            "Staat zij er niet? Doe het dan nog een keer.",
            retry_after=retry_after,
        )


class Gateway:
    """Calls with one person's token. Every method raises `Fault` when the answer is not a success."""

    def __init__(self, client: httpx.AsyncClient, token: str | None = None) -> None:
        """`client` knows the gateway's address (or the app itself); without `token` only open calls work."""
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call; `options` as httpx takes them."""
        headers = {
            "Accept": "application/json",
            "traceparent": trace.current().traceparent,
            **self._headers,
            **options.pop("headers", {}),
        }
        try:
            answer = await self._client.request(method, path, headers=headers, **options)
        except httpx.HTTPError as failure:
            changes = method != "GET" and not path.endswith(_READS)
            lost = changes and not isinstance(failure, _NOT_SENT)
            raise (Fault.unknown() if lost else Fault.unreachable()) from failure
        if not answer.is_success:
            raise Fault.of(answer)
        return answer

    async def get(self, path: str, **parameters: str | int | None) -> Json:
        """The body of a GET; parameters that are None are left out."""
        answer = await self.call("GET", path, params=_given(parameters))
        return _body(answer)

    async def items(self, path: str, **parameters: str | int | None) -> list[Json]:
        """Every item of a list, over all its pages."""
        found: list[Json] = []
        token: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.get(path, **{"pageSize": 200, **parameters, "pageToken": token})
            found.extend(page["items"])
            token = page.get("nextPageToken")
            if token is None:
                break
        return found

    async def post(self, path: str, body: Json, *, key: str | None = None) -> Json:
        """The answer to a POST. `key` is the Idempotency-Key of the form that was filled in."""
        headers = {"Idempotency-Key": key} if key else {}
        return _body(await self.call("POST", path, json=body, headers=headers))

    async def put(self, path: str, body: Json, *, version: str | None = None) -> Json:
        """The answer to a PUT; `version` is the ETag that the change is based on."""
        headers = {"If-Match": version} if version else {}
        return _body(await self.call("PUT", path, json=body, headers=headers))

    async def patch(self, path: str, body: Json, *, version: str) -> Json:
        """The answer to a PATCH; `version` is the number of the version that the change is based on."""
        headers = {"If-Match": f'"{version}"'}
        return _body(await self.call("PATCH", path, json=body, headers=headers))

    async def names(self, ids: Iterable[str]) -> dict[str, Json]:
        """Names by id. An id that the person may not see is simply absent.

        By POST, so that no list of persons stands in any address or log.
        """
        wanted = sorted({one for one in ids if one})
        parts = [wanted[start : start + MOST_IDS] for start in range(0, len(wanted), MOST_IDS)]
        pages = await asyncio.gather(
            *(self.post("/intake/v1/inburgeraars/_read", {"ids": part}) for part in parts)
        )
        return {str(one["id"]): one for page in pages for one in page["items"]}

    async def all_of(self, *calls: Any) -> Sequence[Any]:
        """Wait for several calls at once; each answer or its Fault, so that a page can show what it has."""
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Fault):
                raise answer
            if isinstance(answer, Fault) and answer.status == httpx.codes.UNAUTHORIZED:
                raise answer
        return answers

    async def upload(self, path: str, *, media_type: str, content: AsyncIterator[bytes]) -> str:
        """Send a file as the body; answer the address of the job that reads it."""
        answer = await self.call(
            "POST",
            path,
            content=content,
            headers={"Content-Type": media_type, "Idempotency-Key": str(uuid4())},
        )
        return str(answer.headers["Location"])


def purposes_in_words(text: str) -> str:
    """What is missing, as the gateway says it, with the Dutch word for the code of a purpose."""
    for code, word in labels("purpose").items():
        text = text.replace(f"'{code}'", f"'{word}'")
    return text


def _sign_in(body: Json) -> str:
    """What the gateway asks of a new sign-in. Where it names neither level nor age, the person is asked anew."""
    levels = " ".join(str(one) for one in body.get("acrValues") or [])
    age = body.get("maxAge")
    asked = {"acr": levels, "leeftijd": "" if age is None else str(age)}
    return urlencode({name: value for name, value in asked.items() if value} or {"ander": "ja"})


def _account(told: Any) -> str | None:
    if not isinstance(told, dict):
        return None
    return f"{told.get('subject')} ({told.get('issuer')})"


def _given(parameters: dict[str, str | int | None]) -> dict[str, str | int]:
    return {name: value for name, value in parameters.items() if value is not None}


def _body(answer: httpx.Response) -> Json:
    if not answer.content:
        return {}
    body = answer.json()
    return body if isinstance(body, dict) else {"items": body}
