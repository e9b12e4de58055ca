# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a fault to its answer: problem documents, and what foreign faults mean in our words."""

from http import HTTPStatus
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from chassis import trace
from chassis.errors import (
    PROBLEM_MEDIA_TYPE,
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    OutcomeUnknown,
    Problem,
    ServerFault,
    Unavailable,
)
from chassis.inbox import database_is_away
from chassis.logs import log, mask
from chassis.metrics import metrics
from chassis.settings import platform_settings

__all__ = ["field_error", "install", "problem_response", "type_base"]

_RETRY_STATES = {
    "40001",
    "40P01",
    "55P03",
    "57014",
    "53300",
}  # serialisation, deadlock, lock, timeout, connections

_CONNECTION_STATES = ("08", "57P")  # the connection was lost, or the server ends it
_COMPLETION_UNKNOWN = "40003"

_PLACE_CHARACTERS = 100
_MOST_ERRORS = 200  # told at once: nobody mends more, and each costs memory

_DUTCH = {
    "missing": "Dit veld is verplicht.",
    "extra_forbidden": "Dit veld bestaat hier niet.",
    "json_invalid": "Dit is geen geldige JSON.",
    "uuid_parsing": "Dit is geen geldige UUID.",
    "uuid_type": "Dit is geen geldige UUID.",
    "int_parsing": "Dit moet een geheel getal zijn.",
    "int_type": "Dit moet een geheel getal zijn.",
    "int_from_float": "Dit moet een geheel getal zijn.",
    "bool_parsing": "Dit moet true of false zijn.",
    "bool_type": "Dit moet true of false zijn.",
    "string_type": "Dit moet tekst zijn.",
    "list_type": "Dit moet een lijst zijn.",
    "dict_type": "Dit moet een object zijn.",
    "model_attributes_type": "Dit moet een object zijn.",
    "model_type": "Dit moet een object zijn.",
    "date_from_datetime_parsing": "Dit is geen bestaande datum.",
    "date_parsing": "Dit is geen bestaande datum.",
    "datetime_from_date_parsing": "Dit is geen bestaand tijdstip.",
    "datetime_parsing": "Dit is geen bestaand tijdstip.",
    "timezone_aware": "Bij een tijdstip hoort een tijdzone.",
    "time_parsing": "Dit is geen bestaande kloktijd.",
    "recursion_loop": "Deze gegevens zijn te diep genest.",
}
_DUTCH_FORMS = {
    "string_too_short": "Dit moet ten minste {min_length} teken(s) hebben.",
    "string_too_long": "Dit mag ten hoogste {max_length} tekens hebben.",
    "string_pattern_mismatch": "Dit heeft niet de goede vorm ({pattern}).",
    "too_short": "Hier moeten er ten minste {min_length} staan.",
    "too_long": "Hier mogen er ten hoogste {max_length} staan.",
    "greater_than_equal": "Dit moet {ge} of meer zijn.",
    "greater_than": "Dit moet meer dan {gt} zijn.",
    "less_than_equal": "Dit mag ten hoogste {le} zijn.",
    "less_than": "Dit moet minder dan {lt} zijn.",
    "enum": "Kies een van: {expected}.",
    "literal_error": "Kies een van: {expected}.",
}


def type_base() -> str:
    """Where the pages of the problem codes are."""
    return f"{platform_settings().public_url}/docs/problems/"


def problem_response(problem: Problem) -> Response:
    """The answer that shows a fault."""
    document = problem.document(type_base=type_base(), instance=f"urn:trace:{trace.current().trace_id}")
    return JSONResponse(document, problem.status, headers=problem.headers, media_type=PROBLEM_MEDIA_TYPE)


def install(app: FastAPI, service: str) -> None:
    """Let an app answer every fault as a problem document."""

    def answer(request: Request, problem: Problem) -> Response:
        metrics().refusals.labels(service, problem.code, *_who_asked_what(request)).inc()
        return problem_response(problem)

    async def ours(request: Request, fault: Exception) -> Response:
        return answer(request, fault if isinstance(fault, Problem) else ServerFault())

    async def http(request: Request, fault: Exception) -> Response:
        return answer(request, _from_http(request, fault))

    async def invalid(request: Request, fault: Exception) -> Response:
        return answer(request, _from_validation(fault))

    async def unforeseen(request: Request, _: Exception) -> Response:
        # The framework raises it again after this answer; the edge logs it.
        return answer(
            request,
            ServerFault("Er ging iets mis aan onze kant. Noem bij een melding het nummer onder 'instance'."),
        )

    async def database(request: Request, fault: Exception) -> Response:
        found = from_commit(fault) if _committing(request) else from_database(fault)
        if isinstance(fault, PoolTimeout):
            metrics().pool_timeouts.labels(service).inc()
        if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log().error("database_fault", service=service, fault=type(fault).__name__, exc_info=fault)
        return answer(request, found)

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unforeseen)
    # The driver's own as well: what goes wrong while connecting reaches us unwrapped.
    driver = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    for kind in (DBAPIError, PoolTimeout, OSError, TimeoutError, *driver):
        app.add_exception_handler(kind, database)


def _who_asked_what(request: Request) -> tuple[str, str]:
    """The operation and the kind of organisation of a refused request: words from closed lists."""
    operation = getattr(request.scope.get("route"), "operation_id", None) or "none"
    caller = getattr(getattr(request.state, "unit", None), "caller", None)
    return operation, "nobody" if caller is None else caller.organisation_kind


def _committing(request: Request) -> bool:
    """Whether a change was being committed; what only reads has nothing to lose."""
    opened = getattr(getattr(request.state, "unit", None), "opened", None)
    return request.method not in {"GET", "HEAD"} and opened is not None and opened.ending


def from_commit(fault: BaseException) -> Problem:
    """What a fault means to a caller whose change was being committed.

    A server that refuses a commit says so, with a state of its own; a connection that is lost then
    says nothing of what became of it.
    """
    state = getattr(getattr(fault, "orig", fault), "sqlstate", None) or ""
    if state and state != _COMPLETION_UNKNOWN and not state.startswith(_CONNECTION_STATES):
        return from_database(fault)
    return OutcomeUnknown(
        "De verbinding met de database brak af tijdens het opslaan. Of het is opgeslagen, is niet bekend. "
        "Herhalen met dezelfde Idempotency-Key is veilig.",
        headers={"Retry-After": "1"},
    )


def from_database(fault: BaseException) -> Problem:
    """What a fault of the database means to a caller."""
    if database_is_away(fault) and not isinstance(fault, DBAPIError):
        return Unavailable(
            "De database antwoordt niet; er is niets opgeslagen.", headers={"Retry-After": "1"}
        )
    state = getattr(getattr(fault, "orig", None), "sqlstate", None) or ""
    if state in _RETRY_STATES or state.startswith(_CONNECTION_STATES) or database_is_away(fault):
        return Unavailable(
            "De database was even bezet; er is niets opgeslagen.", headers={"Retry-After": "1"}
        )
    if (
        isinstance(fault, DataError)
        or state.startswith("22")
        or "DataError" in type(getattr(fault, "orig", None)).__name__
    ):
        return InvalidInput("Een waarde kan niet worden verwerkt, bijvoorbeeld omdat zij te groot is.")
    if state == "42501":  # row-level security refused what the service had let through
        return Forbidden("Deze gegevens vallen buiten wat u is toegestaan.")
    if state in {"23505", "23P01"}:
        return Conflict("Dit bestaat al, of een gelijktijdig verzoek was eerder.")
    return ServerFault("Er ging iets mis aan onze kant. Noem bij een melding het nummer onder 'instance'.")


def _from_http(request: Request, fault: Exception) -> Problem:
    if not isinstance(fault, HTTPException):
        return ServerFault()
    if fault.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("Dit adres bestaat hier niet.")
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allow = ", ".join(_methods_of(request))
        return MethodNotAllowed(f"Hier kan: {allow}.", headers={"Allow": allow})
    if fault.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InvalidInput("De inhoud van het verzoek kan niet worden gelezen.")
    return ServerFault()


def _methods_of(request: Request) -> list[str]:
    """Every method of the address: the framework names those of one route only."""
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found.add(method)
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _from_validation(fault: Exception) -> Problem:
    if not isinstance(fault, RequestValidationError):
        return InvalidInput()
    found = fault.errors()
    count = len(found)
    said = "Er klopt 1 ding niet." if count == 1 else f"Er kloppen {count} dingen niet."
    if count > _MOST_ERRORS:
        said += f" Hier staan de eerste {_MOST_ERRORS}."
    return InvalidInput(said, errors=[field_error(raw) for raw in found[:_MOST_ERRORS]])


def _place(part: str | int) -> str:
    """A step of the way to a fault. The sender chose it: it can be long, or a BSN in the place of a name."""
    return str(mask(str(part)[:_PLACE_CHARACTERS]))


def field_error(raw: Any) -> FieldError:
    """One finding of pydantic in our words; its `input` is never repeated: it can be a BSN."""
    kind = str(raw["type"])
    context = raw.get("ctx") or {}
    if kind in _DUTCH_FORMS:
        detail = _DUTCH_FORMS[kind].format_map(context)
    elif kind in _DUTCH:
        detail = _DUTCH[kind]
    elif kind in {
        "form",
        "number",
        "decimals",
        "hours_range",
        "whole_number",
        "unstorable_text",
    } or kind.startswith("ours_"):
        detail = str(raw["msg"])
    else:
        detail = "Deze waarde klopt niet."
    place, *path = (_place(part) for part in raw["loc"])
    code = kind.removeprefix("ours_").replace("_", "-")
    if place == "body":
        # Position inside malformed JSON is a number of a character, not a place in the data.
        parts = [] if kind == "json_invalid" else path
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
        return FieldError(code, detail, pointer=pointer)
    return FieldError(code, detail, parameter=str(path[0]) if path else str(place))
