# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small gateway that speaks the forms of the contract, for tests of the portal alone.

It refuses what the real one refuses (unknown fields, missing fields, no token), so a page that
sends a wrong form fails here too.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from tests.portal import fake_data as data

Answer = tuple[int, Any]
Handler = Callable[[Request, dict[str, str], dict[str, Any]], Awaitable[Answer] | Answer]

REGISTER = {
    "required": {
        "givenNames",
        "familyName",
        "birthDate",
        "gender",
        "group",
        "permitType",
        "gemeentecode",
        "obligedOn",
    },
    "optional": {"bsn", "vNumber", "duoNoticeOn", "brpOn"},
}
PIP = {
    "required": {
        "signedOn",
        "leerroute",
        "level",
        "pvtHours",
        "mapHours",
        "participation",
        "talksPlanned",
        "goals",
    },
    "optional": {"amends", "delayReason", "routeHours", "guidance"},
}
ATTENDANCE = {"required": {"status"}, "optional": {"hours", "reason"}}


class FakeGateway:
    """State of the fake: what is empty, what is away, what was sent."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.token_seconds = 3600
        self.reset()

    def reset(self) -> None:
        """As at the start of a test."""
        self.mode = "filled"  # filled | empty | long
        self.away: set[str] = set()  # services that answer 503
        self.refuse_persons = False  # 403 with the missing agreement
        self.late = False  # entries wait for approval
        self.attendances: dict[str, dict[str, Any]] = {}
        self.handled: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.job_reads = 0
        self.clock = data.NOW
        self.revoked = False

    @property
    def long(self) -> bool:
        """Long texts everywhere."""
        return self.mode == "long"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return JSONResponse(self._metadata(request))
        if path == "/oauth/authorize":
            return await self._authorize(request)
        if path == "/oauth/token":
            return await self._token(request)
        if path == "/oauth/jwks":
            key = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
            return JSONResponse({"keys": [{**key, "kid": "fake", "alg": "ES256", "use": "sig"}]})
        if path == "/favicon.ico":
            return Response(status_code=204)
        if path == "/oauth/logout":
            return RedirectResponse(request.query_params["post_logout_redirect_uri"], status_code=303)
        if path == "/demo/v1/clock" and request.method == "GET":
            return JSONResponse({"now": self.clock})
        who = self._caller(request)
        if who is None:
            return problem(401, "unauthenticated", "Inloggen is nodig")
        raw = await request.body()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = json.loads(raw) if raw and is_json else {}
        self.calls.append((request.method, path, body))
        service = path.split("/")[1]
        if service in self.away:
            return problem(
                503, "unavailable", "Dit onderdeel is even niet bereikbaar", headers={"Retry-After": "5"}
            )
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                status, answer = handler(self, request, who, match.groupdict(), body)
                if status == 202:
                    return Response(status_code=202, headers={"Location": answer})
                if status >= 400:
                    return problem(status, **answer)
                return JSONResponse(answer, status_code=status)
        return problem(404, "not-found", "Niet gevonden", detail="Dit adres is er niet, of is niet van u.")

    def _metadata(self, request: Request) -> dict[str, Any]:
        base = str(request.base_url).rstrip("/")
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "jwks_uri": f"{base}/oauth/jwks",
            "end_session_endpoint": f"{base}/oauth/logout",
        }

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        if request.method == "GET":
            buttons = "".join(
                f'<button name="who" value="{who}">{one["name"]}</button>'
                for who, one in data.MEMBERS.items()
            )
            return HTMLResponse(
                f'<!doctype html><html lang="nl"><title>Inloggen</title><form method="post">{buttons}</form>'
            )
        who = str((await request.form())["who"])
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**query, "who": who}
        target = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{target}", status_code=303)

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        if form["grant_type"] == "refresh_token":
            if self.revoked:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            return self._tokens(str(form["refresh_token"]), "", request)
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return self._tokens(asked["who"], asked["nonce"], request)

    def _tokens(self, who: str, nonce: str, request: Request) -> Response:
        now = int(time.time())
        claims = {
            "iss": str(request.base_url).rstrip("/"),
            "aud": "portal",
            "exp": now + 300,
            "nonce": nonce,
            "sub": who,
        }
        id_token = jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": "fake"})
        return JSONResponse(
            {
                "access_token": f"access-{who}",
                "refresh_token": who,
                "id_token": id_token,
                "expires_in": self.token_seconds,
            }
        )

    def _caller(self, request: Request) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer access-")
        return token if token in data.MEMBERS and not self.revoked else None


def problem(
    status: int, code: str, title: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem document."""
    body = {
        "type": f"http://localhost/problems/{code}", "title": title, "status": status, "detail": title, "instance": None,
        "code": code, "errors": [], "rule": None, **more,
    }  # fmt: skip
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def checked(body: dict[str, Any], form: dict[str, set[str]]) -> dict[str, Any] | None:
    """The fault of a body with missing or unknown fields; None when it has the right form."""
    wrong = [(name, "Dit veld is verplicht.") for name in sorted(form["required"] - body.keys())]
    wrong += [
        (name, "Dit veld bestaat niet.") for name in sorted(body.keys() - form["required"] - form["optional"])
    ]
    return invalid(*wrong) if wrong else None


def invalid(*wrong: tuple[str, str]) -> dict[str, Any]:
    """A 400 with its places."""
    errors = [{"pointer": f"/{name}", "code": "invalid", "detail": detail} for name, detail in wrong]
    return {"code": "invalid-input", "title": "De invoer klopt niet", "errors": errors}


def page(items: list[Any]) -> Answer:
    """A list of one page."""
    return 200, {"items": items, "nextPageToken": None}


def not_agreed() -> Answer:
    """The refusal that names the missing agreement."""
    return 403, {
        "code": "agreement-missing",
        "title": "Er is geen afspraak die deze inzage toestaat",
        "detail": "Geen inzage op persoonsniveau voor dit doel.",
        "missing": data.MISSING_AGREEMENT,
    }


def me(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    member = data.MEMBERS[who]
    name, kind, code = member["organisation"]
    return 200, {
        "subject": data.uid(who), "kind": "person", "name": data.LONG if gate.long else member["name"],
        "organisation": {"id": data.uid(name), "name": name, "kind": kind, "kinds": [kind], "gemeentecode": code},
        "gemeentecode": code, "roles": member["roles"], "gemeenten": [] if gate.mode == "empty" else data.gemeenten(who),
    }  # fmt: skip


def members(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    found = [{"id": data.uid(key), "displayName": one["name"], "organisationId": data.uid("org"), "roles": one["roles"], "active": True}
             for key, one in data.MEMBERS.items()]  # fmt: skip
    return page([] if gate.mode == "empty" else found)


def one_member(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    found = next((key for key in data.MEMBERS if data.uid(key) == ids["id"]), None)
    if found is None:
        return 404, {"code": "not-found", "title": "Niet gevonden"}
    return 200, {
        "id": ids["id"],
        "displayName": data.MEMBERS[found]["name"],
        "organisationId": data.uid("org"),
        "roles": [],
        "active": True,
    }


def set_clock(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if who != "administrator":
        return 403, {"code": "role-missing", "title": "U mag dit niet doen"}
    if "now" in body and body["now"] < gate.clock:
        return 400, invalid(("now", "De klok gaat alleen vooruit."))
    gate.clock = body.get("now", "2024-11-12T09:00:00+01:00")
    return 200, {"now": gate.clock}


def lessons(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if gate.mode == "empty" or request.query_params.get("from") != data.TODAY.isoformat():
        return page([])
    return page([
        data.lesson("l-now"),
        data.lesson("l-full", part="afternoon"),
        {**data.lesson("l-off", part="evening", group=data.EVENING), "cancelledAt": "2024-11-01T10:00:00+01:00", "cancelReason": "Docent ziek"},
    ])  # fmt: skip


def groups(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if gate.mode == "empty":
        return page([])
    name = {"name": data.LONG} if gate.long else {}
    return page(
        [
            {**data.GROUP, **name},
            {**data.EVENING, **name},
            {**data.EVENING, "id": data.uid("new"), "members": 0, "levels": [], "homogeneity": None},
        ]
    )


def one_group(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return 200, {**data.GROUP, "name": data.LONG if gate.long else data.GROUP["name"]}


def roll_call(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    rows = [] if gate.mode == "empty" else [
        {"inburgeraarId": data.uid(f"person-{number}"), "placementId": data.uid(f"p-{number}"), "gemeentecode": "1916",
         "providerReference": None, "level": "a2", "attendanceId": None, "status": None, "hours": None, "reason": None,
         "approval": None, "recordedAt": None, "absenceSignalId": None, **gate.attendances.get(data.uid(f"person-{number}"), {})}
        for number in range(12)
    ]  # fmt: skip
    lesson = {**data.lesson("l-now"), "id": ids["id"]}
    return 200, {"lesson": lesson, "complete": False, "late": gate.late, "entries": rows}


def put_attendance(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if fault := checked(body, ATTENDANCE):
        return 400, fault
    hours = body.get("hours")
    if hours is not None and hours > 3:
        return 400, invalid(("hours", "Deze les duurt 3 uur."))
    entry = {
        "status": body["status"], "hours": (3 if hours is None else hours) if body["status"] == "present" else 0,
        "reason": body.get("reason"), "approval": "pending" if gate.late else "not-needed",
        "absenceSignalId": data.uid("signal") if body["status"] == "unexcused" else None,
    }  # fmt: skip
    gate.attendances[ids["person"]] = entry
    return 200, {
        "id": data.uid(f"a-{ids['person']}"),
        "lessonId": ids["id"],
        "inburgeraarId": ids["person"],
        **entry,
    }


def missing(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if gate.mode == "empty":
        return page([])
    name = data.LONG if gate.long else "B1 overdag 3"
    both = ((data.uid("m1"), "2024-11-04", "morning", 11), (data.uid("m2"), "2024-10-29", "evening", 5))
    return page([
        {"lessonId": one, "groupId": data.GROUP["id"], "groupName": name, "providerId": data.uid("provider"),
         "organisationId": data.uid("school"), "gemeentecode": "1916", "date": day, "dayPart": part, "hours": 3,
         "expected": 12, "registered": done, "missing": 12 - done}
        for one, day, part, done in both
    ])  # fmt: skip


def batch(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    return 202, f"/learning-routes/v1/jobs/{data.uid('job')}"


def job(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    gate.job_reads += 1
    running = gate.job_reads < 3
    return 200, {
        "id": ids["id"], "status": "running" if running else "done", "progress": 40 * gate.job_reads if running else 100, "createdAt": data.NOW, "finishedAt": None,
        "accepted": 9_998, "corrected": 1, "unchanged": 0, "rejected": 0 if gate.mode == "empty" else 2,
        "rowsUrl": f"/learning-routes/v1/jobs/{ids['id']}/rows", "problem": None,
    }  # fmt: skip


def job_rows(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    detail = f"Deze referentie is niet bekend: {data.LONG}" if gate.long else "Deze referentie is niet bekend."
    fault = {"title": "De invoer klopt niet", "detail": detail, "errors": []}
    rows = [
        {"row": line - 1, "line": line, "outcome": "rejected", "attendanceId": None, "externalId": None, "problem": fault}
        for line in (14, 912)
    ]  # fmt: skip
    return page([] if gate.mode == "empty" else rows)


def read_names(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    everybody = {
        person["id"]: person for person in (data.person(number, long=gate.long) for number in range(12))
    }
    return page(
        [
            {key: everybody[one][key] for key in ("id", "givenNames", "familyName")}
            for one in body["ids"]
            if one in everybody
        ]
    )


def persons(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if gate.refuse_persons and request.query_params.get("gemeentecode"):
        return not_agreed()
    some = gate.mode != "empty" and not gate.refuse_persons
    return page([data.listed(number, long=gate.long) for number in range(12)] if some else [])


def search(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if not body or body.keys() - {"bsn", "vNumber", "familyName", "birthDate"}:
        return 400, invalid(("familyName", "Geef ten minste een achternaam, BSN of V-nummer."))
    if body.get("bsn") == "123456789":
        return 400, invalid(("bsn", "Dit BSN voldoet niet aan de elfproef."))
    found = [data.listed(number) for number in range(12)]
    start = body.get("familyName", "").lower()
    return page([one for one in found if one["familyName"].lower().startswith(start)] if start else found[:1])


def register(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if fault := checked(body, REGISTER):
        return 400, fault
    if body.get("bsn") == "123456789":
        return 400, invalid(("bsn", "Dit is geen geldig BSN: de controle op de cijfers klopt niet."))
    return 201, data.person(1)


def one_person(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if gate.refuse_persons:
        return not_agreed()
    if ids["id"] not in {data.uid(f"person-{number}") for number in range(12)}:
        return 404, {
            "code": "not-found",
            "title": "Niet gevonden",
            "detail": "Deze persoon is er niet, of is niet van u.",
        }
    found = data.person(1, long=gate.long)
    return 200, {**found, "leadMemberId": None, "rights": [], "duties": []} if gate.mode == "empty" else found


def pips(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    return page([] if gate.mode == "empty" else [data.pip(1, long=gate.long), data.pip(2, long=gate.long)])


def sign_pip(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if fault := checked(body, PIP):
        return 400, fault
    if body["signedOn"] > "2024-11-04" and "delayReason" not in body:
        return 400, {**invalid(("delayReason", "De termijn van 10 weken is voorbij. Schrijf op waarom het later werd.")),
                     "rule": "Besluit inburgering 2021 art. 5.3"}  # fmt: skip
    return 201, data.pip(3)


def organisations(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return page(
        [
            {"id": data.uid("school"), "name": "Echt Nederlands"},
            {"id": data.uid("lv"), "name": "Gemeente Leidschendam-Voorburg"},
        ]
    )


def looks(gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]) -> Answer:
    return page([] if gate.mode == "empty" else data.LOOKS)


def set_lead(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return (
        (200, data.person(1))
        if body.keys() == {"memberId"}
        else (400, invalid(("memberId", "Dit veld is verplicht.")))
    )


def ledger(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    none = dict.fromkeys(("offered", "attended", "excused", "sick", "unexcused", "unregistered"), 0)
    return 200, {
        **data.LEDGER,
        **none,
        "target": None,
        "short": None,
    } if gate.mode == "empty" else data.LEDGER


def all_signals(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    query = request.query_params
    found = (
        [] if gate.mode == "empty" else [{**one, **gate.handled.get(one["id"], {})} for one in data.signals()]
    )
    if query.get("status"):
        found = [one for one in found if one["status"] == query["status"]]
    if query.get("mine") == "true":
        found = [one for one in found if one["leadMemberId"] == data.uid(who)]
    if query.get("openList") == "true":
        found = [one for one in found if one["leadMemberId"] is None]
    if query.get("inburgeraarId"):
        found = [one for one in found if one["inburgeraarId"] == query["inburgeraarId"]]
    return page(found)


def counts(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return 200, {"open": 0 if gate.mode == "empty" else 7, "mine": 5, "openList": 1, "byKind": []}


def one_signal(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    found = next((one for one in data.signals() if one["id"] == ids["id"]), None)
    if found is None:
        return 404, {
            "code": "not-found",
            "title": "Niet gevonden",
            "detail": "Dit signaal is er niet, of is niet van u.",
        }
    return 200, {**found, **gate.handled.get(ids["id"], {})}


def handle(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    if fault := checked(body, {"required": {"outcome"}, "optional": {"note"}}):
        return 400, fault
    if ids["id"] in gate.handled:
        return 409, {"code": "already-handled", "title": "Dit signaal is al afgehandeld"}
    handling = {"id": data.uid("handling"), "signalId": ids["id"], "outcome": body["outcome"], "note": body.get("note"),
                "handledBy": data.uid(who), "handledAt": "2024-11-05T09:10:00+01:00"}  # fmt: skip
    gate.handled[ids["id"]] = {"status": "handled", "handling": handling}
    return 201, handling


def clocks(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    found = [] if gate.mode == "empty" else data.deadlines()
    query = request.query_params
    if query.get("status"):
        found = [one for one in found if one["status"] == query["status"]]
    if query.get("inburgeraarId"):
        found = [one for one in found if one["inburgeraarId"] == query["inburgeraarId"]]
    return page(found)


def pending(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    reason = data.LONG if gate.long else "Lijst van de vervanger kwam later binnen"
    entry = {"lessonId": data.uid("l1"), "lessonDate": "2024-08-27", "lessonHours": 3, "status": "present", "hours": 3,
             "reason": reason, "approval": "pending", "recordedAt": "2024-11-04T16:40:00+01:00"}  # fmt: skip
    found = [
        {**entry, "id": data.uid(f"late-{number}"), "inburgeraarId": data.uid(f"person-{number}")}
        for number in (1, 4)
    ]
    return page([] if gate.mode == "empty" else found)


def approve(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return (
        (201, {"id": ids["id"], **body})
        if body.get("outcome") in {"approved", "refused"}
        else (400, invalid(("outcome", "Verplicht.")))
    )


def status(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return 200, data.status(ids["service"])


def letters(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    some = ids["service"] == "notifications" and gate.mode != "empty"
    return page([data.dead_letter(gate.long)] if some else [])


def replay(
    gate: FakeGateway, request: Request, who: str, ids: dict[str, str], body: dict[str, Any]
) -> Answer:
    return 200, {"id": ids["id"], "replayed": True}


ID = r"(?P<id>[0-9a-f-]{36})"
PERSONS = "/intake/v1/inburgeraars"
SERVICE = r"/(?P<service>intake|learning-routes|notifications)/v1/operations"
LR = "/learning-routes/v1"
NO = "/notifications/v1"
ROUTES = (
    ("GET", "/gateway/v1/me", me),
    ("GET", "/gateway/v1/members", members),
    ("GET", f"/gateway/v1/members/{ID}", one_member),
    ("GET", "/gateway/v1/organisations", organisations),
    ("POST", "/demo/v1/clock", set_clock),
    ("GET", f"{LR}/lessons", lessons),
    ("GET", f"{LR}/groups", groups),
    ("GET", f"{LR}/groups/{ID}", one_group),
    ("GET", f"{LR}/lessons/{ID}/roll-call", roll_call),
    ("PUT", f"{LR}/lessons/{ID}/attendances/(?P<person>[0-9a-f-]{{36}})", put_attendance),
    ("GET", f"{LR}/missing-registrations", missing),
    ("POST", f"{LR}/attendance-batches", batch),
    ("GET", f"{LR}/jobs/{ID}", job),
    ("GET", f"{LR}/jobs/{ID}/rows", job_rows),
    ("GET", f"{LR}/attendances", pending),
    ("POST", f"{LR}/attendances/{ID}/approvals", approve),
    ("GET", f"{LR}/inburgeraars/{ID}/ledger", ledger),
    ("POST", f"{PERSONS}/_read", read_names),
    ("POST", f"{PERSONS}/_search", search),
    ("GET", PERSONS, persons),
    ("POST", PERSONS, register),
    ("GET", f"{PERSONS}/{ID}", one_person),
    ("GET", f"{PERSONS}/{ID}/pips", pips),
    ("POST", f"{PERSONS}/{ID}/pips", sign_pip),
    ("GET", f"{PERSONS}/{ID}/access-log", looks),
    ("PUT", f"{PERSONS}/{ID}/lead", set_lead),
    ("GET", f"{NO}/signals", all_signals),
    ("GET", f"{NO}/signal-counts", counts),
    ("GET", f"{NO}/signals/{ID}", one_signal),
    ("POST", f"{NO}/signals/{ID}/handlings", handle),
    ("GET", f"{NO}/deadlines", clocks),
    ("GET", f"{SERVICE}/status", status),
    ("GET", f"{SERVICE}/dead-letters", letters),
    ("POST", f"{SERVICE}/dead-letters/{ID}/replays", replay),
)
