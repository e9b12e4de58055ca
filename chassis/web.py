# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1 of a service, HTTP: what an `api` module imports.

A route opens at most one transaction, when its handler asks for it, and commits it after the
answer is made and before a byte of it is sent. So a client that saw 2xx can rely on it, and the
answer of a repeated request can be kept in the same transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from chassis import faults
from chassis.access import GRANT_HEADER, Caller, GrantVerifier, access, declared, seconds_left
from chassis.db import Database, Operation, Tx
from chassis.errors import (
    FieldError,
    Forbidden,
    InvalidInput,
    NotAcceptable,
    PreconditionRequired,
    Problem,
    TooLarge,
    UnsupportedMedia,
)
from chassis.handling import Answering, consumed
from chassis.idempotency import answer_once, key_of
from chassis.paging import Paging, PagingDep
from chassis.schema import (
    Cents,
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Hours,
    HoursOrNone,
    Instant,
    InstantOrNone,
    LocalTime,
    LongText,
    Page,
    Schema,
    ShortText,
)

__all__ = [
    "CallerDep",
    "Cents",
    "Count",
    "Day",
    "DayOrNone",
    "Gemeentecode",
    "Hours",
    "HoursOrNone",
    "IfMatchDep",
    "Instant",
    "InstantOrNone",
    "LocalTime",
    "LongText",
    "Page",
    "Paging",
    "PagingDep",
    "Router",
    "Schema",
    "ShortText",
    "TxDep",
    "access",
    "problems",
    "set_etag",
]

JSON_BODY_BYTES = 5 * 1024 * 1024
Headers = Mapping[bytes, str]
"""Of one request: the names as they are on the wire, in lower case."""

_GRANT = GRANT_HEADER.lower().encode()
_VERSION_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the routes of one running service work with; the app carries it in its state."""

    database: Database
    verifier: GrantVerifier
    settings: Any


class Unit:
    """The one transaction of a request: opened when first asked for, ended by the route."""

    def __init__(self, runtime: Runtime, caller: Caller | None, operation: Operation) -> None:
        self.runtime = runtime
        self.caller = caller
        self.operation = operation
        self.opened: Tx | None = None
        self._begun: AbstractAsyncContextManager[Tx] | None = None

    async def tx(self) -> Tx:
        """The transaction of this request."""
        if self.opened is None:
            begun = self.runtime.database.begin(self.caller, self.operation)
            self.opened = await begun.__aenter__()
            self._begun = begun
        return self.opened

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> bool | None:
        """End the transaction, if one was opened."""
        return None if self._begun is None else await self._begun.__aexit__(kind, fault, where)


class UnitOfWorkRoute(APIRoute):
    """A route that enforces what its operation declares, and owns the transaction.

    `answer` takes a request and gives its answer; what goes wrong is raised.
    """

    answer: Callable[[Request], Coroutine[Any, Any, Response]]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What stands around an operation: caller, role, media types, size, idempotency, commit."""
        handler = Answering(self)
        rights = declared(self.openapi_extra)
        extra = (self.openapi_extra or {}).get("x-body", {})
        consumes = consumed(self)
        produces = tuple(extra.get("produces", ("application/json",)))
        limits = extra.get("maxBytes", JSON_BODY_BYTES)  # one for all, or one for each media type
        operation = Operation(self.operation_id or self.name, self.summary or self.name, rights)
        path, known = self.path, _query_names(self.dependant)

        async def run(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            headers = _first_of_each(request)
            caller = None
            if not rights.public:
                caller = runtime.verifier.verify(headers.get(_GRANT, ""))
                if caller.roles.isdisjoint(rights.roles):
                    raise Forbidden(
                        f"Voor '{operation.name}' is een van deze rollen nodig: {', '.join(sorted(rights.roles))}.",
                        extra={"missing": sorted(rights.roles)},
                    )
            if (accept := headers.get(b"accept", "*/*") or "*/*") != "*/*":
                _check_accept(accept, produces)
            if request.scope["query_string"]:
                _check_query(request, known)
            if request.method in {"POST", "PUT", "PATCH"}:
                # Before anything is opened: a slow sender holds no transaction.
                request = await _with_body(request, headers, consumes, limits)
            unit = Unit(runtime, caller, operation)
            request.state.unit = unit
            async with asyncio.timeout(seconds_left(headers)), unit:
                key = key_of(request, headers, rights)
                if key is None or caller is None:
                    response = await handler(request)
                else:
                    response = await answer_once(
                        await unit.tx(),
                        request,
                        schema=runtime.database.schema,
                        scope=f"{caller.organisation_id}|{caller.subject}|{request.method} {path}",
                        key=key,
                        handler=handler,
                    )
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    raise Problem(f"a handler answered {response.status_code} instead of raising a problem")
            faults.hit("after-commit-before-answer")
            return response

        self.answer = run
        return run


class Router(APIRouter):
    """The router of a service; every operation on it declares `openapi_extra=access(...)`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(route_class=UnitOfWorkRoute, redirect_slashes=False, **kwargs)

    def add(self, part: APIRouter) -> None:
        """Take over the routes of a part of the API, as they are.

        FastAPI's own `include_router` keeps the part as a level of its own, to be searched for every request.
        """
        self.routes.extend(part.routes)


def _query_names(dependant: Dependant) -> frozenset[str]:
    """The query parameters that an operation and what it depends on have, by their names on the wire."""
    names = {field.alias for field in dependant.query_params}
    return frozenset(names).union(*(_query_names(part) for part in dependant.dependencies))


def _check_query(request: Request, known: frozenset[str]) -> None:
    """Refuse a query parameter that the operation does not have: a filter misspelt would give the wider list."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise InvalidInput(
            "Een parameter in het adres bestaat hier niet.",
            errors=[
                FieldError(
                    "unknown", f"Hier bestaan: {', '.join(sorted(known)) or 'geen'}.", parameter=name[:100]
                )
                for name in unknown
            ],
        )


def _first_of_each(request: Request) -> Headers:
    """The headers by their names in lower case; where one is given twice, its first line."""
    return {name: value.decode("latin-1") for name, value in reversed(request.scope["headers"])}


def _check_accept(accept: str, produces: Sequence[str]) -> None:
    offered = {*produces, "application/problem+json"}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if any(p.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for p in parameters):
            continue
        if media in {"*/*", ""} or media in offered:
            return
        if media.endswith("/*") and any(one.startswith(media[:-1]) for one in offered):
            return
    raise NotAcceptable(f"Hier kan worden geleverd: {', '.join(produces)}.")


async def _with_body(
    request: Request, headers: Headers, consumes: Sequence[str], limits: int | Mapping[str, int]
) -> Request:
    """The request with its body read, which is of a kind that is read here, if there is one.

    Raises:
        TooLarge, UnsupportedMedia: it is not what may be sent here.
    """
    media = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    other = None
    if media not in consumes:
        other = UnsupportedMedia(f"Hier wordt gelezen: {', '.join(consumes)}.")
        if headers.get(b"content-length", "0") != "0" or b"transfer-encoding" in headers:
            raise other
    limit = limits if isinstance(limits, int) else limits.get(media, JSON_BODY_BYTES)
    request = Request(request.scope, _counted(request, headers, limit))
    if await request.body() and other is not None:  # within one process a body can come unannounced
        raise other
    return request


def _counted(request: Request, headers: Headers, limit: int) -> Callable[[], Awaitable[Any]]:
    """The receiving side of a request, counting the body and refusing more than `limit` bytes."""
    announced = headers.get(b"content-length", "")
    too_large = f"Hier mag de inhoud ten hoogste {limit} bytes zijn."
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(too_large)
    receive = request.receive
    seen = 0

    async def counted() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge(too_large)
        return message

    return counted


async def _open_tx(request: Request) -> Tx:
    unit: Unit = request.state.unit
    return await unit.tx()


async def _caller(request: Request) -> Caller:  # async, all of these: FastAPI runs any other in a thread
    unit: Unit = request.state.unit
    if unit.caller is None:
        raise LookupError("a public operation has no caller")
    return unit.caller


TxDep = Annotated[Tx, Depends(_open_tx)]
CallerDep = Annotated[Caller, Depends(_caller)]


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation: the faults of its own, beside those that any may answer."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        said = f"{kind.title} (`{kind.code}`)"
        entry = found.setdefault(kind.status, {"description": said})
        if said not in entry["description"]:
            entry["description"] += f"; {said}"
    return found


def set_etag(response: Response, version: int) -> None:
    """Tell the client which version this is."""
    response.headers["ETag"] = f'"{version}"'


async def _if_match(
    if_match: Annotated[
        str | None, Header(description='De ETag waarop de wijziging berust, bijvoorbeeld "3".')
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired("Stuur de ETag van de gelezen gegevens mee in If-Match.")
    digits = if_match.removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > _VERSION_DIGITS:
        raise InvalidInput(
            "De header If-Match heeft niet de vorm van een ETag van deze API.",
            errors=[
                FieldError("form", 'Een getal tussen aanhalingstekens, zoals "3".', parameter="If-Match")
            ],
        )
    return int(digits)


IfMatchDep = Annotated[int, Depends(_if_match)]
