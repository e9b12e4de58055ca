# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The front door: every request comes in here, and leaves as a signed grant or as a refusal.

Pure ASGI and nothing more than a look into memory per request: no database, no call elsewhere.
"""

import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from chassis import trace
from chassis.access import GRANT_HEADER
from chassis.edge import SECURITY_HEADERS
from chassis.errors import (
    Forbidden,
    MethodNotAllowed,
    Problem,
    ServerFault,
    TooManyRequests,
)
from chassis.logs import log, request_line
from chassis.metrics import Requests, method_word, metrics
from chassis.problems import problem_response
from gateway import limits
from gateway.catalogue import Operation
from gateway.catalogues import Catalogues
from gateway.cors import allowed_origin, cors_headers, preflight
from gateway.demands import Demands
from gateway.errors import NoSuchService
from gateway.pacing import Pacing
from gateway.passport import Passed, Passport
from gateway.proxies import Proxies
from gateway.rooms import Room
from gateway.settings import GatewaySettings
from gateway.upstreams import Upstream

__all__ = ["API_VERSION", "Front"]

API_VERSION = "1.0.0"
_OWN = "gateway"
_SAFE = frozenset({"GET", "HEAD"})
_GRANT = GRANT_HEADER.lower().encode()
_HEADERS = [(b"api-version", API_VERSION.encode()), *SECURITY_HEADERS.items()]
_QUIET = frozenset({"/health/live", "/health/ready"})
_HEADER_NAMES = frozenset(name for name, _ in _HEADERS)


class Front:
    """The ASGI app of the gateway."""

    def __init__(
        self,
        *,
        settings: GatewaySettings,
        passport: Passport,
        demands: Demands,
        catalogues: Catalogues,
        upstreams: Mapping[str, Upstream],
        portal: Upstream | None,
        rooms: list[Room],
        pacing: Pacing,
    ) -> None:
        """Put the parts together; nothing is started here.

        Args:
            settings: of the gateway.
            passport: who is who.
            demands: how people must have signed in for what.
            catalogues: what the services publish.
            upstreams: the services by name, the gateway's own register included.
            portal: the people's screens.
            rooms: what the gateway answers itself; the first that takes a path has it.
            pacing: how fast clients and tenants may go.
        """
        self.settings = settings
        self.passport = passport
        self.demands = demands
        self.catalogues = catalogues
        self.catalogue = catalogues.catalogue
        self.upstreams = dict(upstreams)
        self.portal = portal
        self.rooms = rooms
        self.origins = frozenset(origin.encode() for origin in settings.cors_origins)
        self.pacing = pacing
        self.requests = Requests(_OWN)
        self.proxies = Proxies(settings.trusted_proxies)
        self.addresses = limits.Pace(per_second=settings.address_per_second, burst=settings.address_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            return
        await _Visit(self, scope, receive, send).serve()


class _Visit:
    """One request on its way through the door."""

    def __init__(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        self.front = front
        self.scope = scope
        self.receive = receive
        self.downstream = send
        self.route = "other"
        self.operation, self.caller_kind = "none", "nobody"
        self.organisation = ""
        self.refused = ""
        self.status = 0
        self.guard: limits.BodyGuard | None = None
        self.origin = b""

    async def serve(self) -> None:
        """Answer, whatever happens, and count it."""
        started = time.perf_counter()
        here = trace.parse(_header(self.scope["headers"], b"traceparent"))
        token = trace.enter(here)
        try:
            await self._answer()
        finally:
            seconds = time.perf_counter() - started
            self.front.requests.count(self.scope["method"], self.route, self.status, seconds)
            if self.route not in _QUIET:
                self._log(seconds)
            trace.leave(token)

    def _log(self, seconds: float) -> None:
        facts: dict[str, object] = {
            "service": _OWN,
            "method": method_word(self.scope["method"]),
            "route": self.route,
            "status": self.status,
            "milliseconds": round(seconds * 1000, 1),
        }
        if self.organisation:
            facts["organisation"] = self.organisation
        if self.refused:
            facts["code"] = self.refused
        request_line("refused" if self.refused else "request", facts)

    async def _answer(self) -> None:
        try:
            await self._route()
            if self.guard is not None and self.guard.exceeded and not self.status:
                raise self.guard.fault
        except Problem as problem:
            fault = self.guard.fault if self.guard is not None and self.guard.exceeded else problem
            if self.status:
                raise
            await self._refuse(fault)
        except Exception as fault:  # the last guard: nothing of a fault may reach the client
            if self.status:
                raise  # half an answer went out: the connection must break, not end politely
            if self.guard is not None and self.guard.exceeded:
                await self._refuse(self.guard.fault)
                return
            if self.guard is not None and self.guard.gone:
                return  # nobody is there to answer, and that is no fault of ours
            log().error("gateway_failed", route=self.route, fault=type(fault).__name__, exc_info=fault)
            await self._refuse(
                ServerFault(
                    "Er ging iets mis aan onze kant. Noem bij een melding het nummer onder 'instance'."
                )
            )

    async def _route(self) -> None:
        scope = self.scope
        limits.check_headers(scope["headers"])
        raw_path, path = scope["raw_path"], scope["path"]
        limits.check_address(raw_path, scope["query_string"], numbers=not path.startswith("/oauth/"))
        if self.front.origins:
            self.origin = allowed_origin(scope["headers"], self.front.origins)
            if self.origin and scope["method"] == "OPTIONS":
                self.route = "preflight"
                await self._own(preflight())
                return
        if path == "/":
            self.route = "/"
            self._allow("GET", "HEAD")
            await self._own(RedirectResponse("/portal/", status_code=302))
            return
        if path == "/portal" or path.startswith("/portal/"):
            await self._to_portal()
            return
        first, _, rest = path[1:].partition("/")
        if first in self.front.upstreams and rest.startswith("v1/"):
            await self._to_service(first, rest[3:])
            return
        for room in self.front.rooms:
            if room.takes(path):
                await self._to_room(room, path)
                return
        raise NoSuchService("Dit adres hoort bij geen enkel onderdeel.")

    async def _to_portal(self) -> None:
        self.route = "/portal"
        if self.front.portal is None:
            raise NoSuchService("Hier draait geen portaal.")
        self._pace_by_address()
        await self._forward(
            self.front.portal, limits.strip(self.scope["headers"], cookies=True), limits.FILE_BYTES
        )

    async def _to_room(self, room: Room, path: str) -> None:
        self.route = room.route(path)
        self._pace_by_address()
        guard = self.guard = limits.BodyGuard(self.receive, room.body_limit)
        limits.check_length(self.scope["headers"], room.body_limit)
        inner = {**self.scope, "method": "GET"} if self.scope["method"] == "HEAD" else self.scope
        await self._own(await room.answer(Request(inner, guard)))

    async def _to_service(self, service: str, rest: str) -> None:
        upstream = self.front.upstreams[service]
        if not self.front.catalogue.knows(service):
            await self.front.catalogues.learn(service)
        if rest == "openapi.json":
            self.route = f"/{service}/v1/openapi.json"
            self._allow("GET", "HEAD")
            self._pace_by_address()
            await self._forward(upstream, limits.strip(self.scope["headers"]), limits.JSON_BYTES)
            return
        operation = self._operation(service, rest)
        self.route, self.operation = operation.route, operation.id
        headers = limits.strip(self.scope["headers"])
        if operation.public:
            self._pace_by_address()
        else:
            caller, grant, claims = await self._caller()
            if caller.roles.isdisjoint(operation.roles):
                wanted = ", ".join(sorted(operation.roles))
                raise Forbidden(
                    f"Voor '{operation.summary}' is een van deze rollen nodig: {wanted}.",
                    extra={"missing": sorted(operation.roles)},
                )
            self.front.demands.check(claims, caller, operation)
            headers.append((_GRANT, grant.encode()))
        await self._forward(upstream, headers, _limit_of(operation, self.scope["headers"]))

    def _operation(self, service: str, rest: str) -> Operation:
        method = self.scope["method"]
        match = self.front.catalogue.match(service, method, rest)
        if match is None or match.operation is None:
            self._pace_by_address()
        if match is None:
            raise NoSuchService("Geen enkel onderdeel documenteert dit adres.")
        if match.operation is None:
            allowed = ", ".join(match.allowed)
            raise MethodNotAllowed(f"Hier kan: {allowed}.", headers={"Allow": allowed})
        return match.operation

    async def _caller(self) -> Passed:
        try:
            passed = await self.front.passport.check(self.scope)
        except Problem:
            self._pace_by_address()  # guessing tokens has a pace too
            raise
        caller = passed.caller
        self.caller_kind, self.organisation = caller.organisation_kind, str(caller.organisation_id)
        wait = await self.front.pacing.take(caller, safe=self.scope["method"] in _SAFE)
        if wait:
            raise _too_fast(wait)
        return passed

    async def _forward(self, upstream: Upstream, headers: list[tuple[bytes, bytes]], limit: int) -> None:
        limits.check_length(self.scope["headers"], limit)
        guard = self.guard = limits.BodyGuard(self.receive, limit)
        headers = [(name, value) for name, value in headers if name != b"traceparent"]
        headers.append((b"traceparent", trace.current().traceparent.encode()))
        own = upstream.name == _OWN and self.scope["method"] not in _SAFE
        settings = self.front.settings
        deadline = settings.upload_deadline if limit > limits.JSON_BYTES else settings.upstream_deadline

        async def answer(message: Message) -> None:
            if not self.status:
                if guard.exceeded:
                    return  # whatever it made of half a body, the answer is 413
                if own and message["status"] < 300:  # noqa: PLR2004
                    # The register changed: what it says now counts before its sender hears of it.
                    await self.front.passport.directory.refresh_if_possible()
                if self.origin:
                    message = {**message, "headers": [*message["headers"], *cors_headers(self.origin)]}
            await self._send(message)

        await upstream.forward(self.scope, guard, answer, headers=headers, deadline=deadline)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.downstream(message)

    async def _own(self, response: Response) -> None:
        """Send an answer of the gateway itself, with the headers that every answer has."""
        head = self.scope["method"] == "HEAD"

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name.lower() for name, _ in given}
                extra = [(name, value) for name, value in _HEADERS if name not in names]
                if self.origin:
                    extra += cors_headers(self.origin)
                message = {**message, "headers": [*given, *extra]}
            elif head:
                message = {**message, "body": b""}
            await self._send(message)

        await response(self.scope, self.receive, send)

    async def _refuse(self, problem: Problem) -> None:
        metrics().refusals.labels(_OWN, problem.code, self.operation, self.caller_kind).inc()
        self.refused = problem.code
        if self.guard is not None and self.guard.exceeded:
            problem.headers["Connection"] = "close"  # the rest of the body is not read
        await self._own(problem_response(problem))

    def _pace_by_address(self) -> None:
        wait = self.front.addresses.wait(self._address())
        if wait:
            raise _too_fast(wait)

    def _address(self) -> str:
        """Where the request comes from: the nearest hop that a trusted proxy vouches for."""
        client = self.scope.get("client")
        forwarded = (
            value.decode("latin-1") for name, value in self.scope["headers"] if name == b"x-forwarded-for"
        )
        return self.front.proxies.origin(str(client[0]) if client else "", forwarded)

    def _allow(self, *methods: str) -> None:
        if self.scope["method"] not in methods:
            allowed = ", ".join(methods)
            raise MethodNotAllowed(f"Hier kan: {allowed}.", headers={"Allow": allowed})


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    for name, value in headers:
        if name == wanted:
            return value.decode("latin-1")
    return None


def _limit_of(operation: Operation, headers: list[tuple[bytes, bytes]]) -> int:
    media = (_header(headers, b"content-type") or "").partition(";")[0].strip().lower()
    if operation.takes_files and media != "application/json":
        return limits.FILE_BYTES
    return limits.JSON_BYTES


def _too_fast(wait: float) -> TooManyRequests:
    seconds = max(1, round(wait + 0.5))
    return TooManyRequests(
        "Er komen meer verzoeken binnen dan is afgesproken.", headers={"Retry-After": str(seconds)}
    )
