# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a request to the answer of its operation: read what the operation declares, call it, write what it gives.

FastAPI does the same for everything that it knows: forms, cookies, generators, threads, streams. Finding
out at each request that an operation has none of them takes longer than the rest of a small request. Here
that is found out once, when the operation is declared; what is valid, and what is said of what is not, is
still decided by FastAPI's own fields.
"""

import inspect
import json
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response, params
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning

from chassis.schema import ANSWERING
from chassis.strict_json import loads

__all__ = ["Answering", "consumed"]

# FastAPI hides this while it makes a field; a model that is built at its first use is built later.
warnings.filterwarnings(
    "ignore", "The 'alias' attribute with value 'body'", category=UnsupportedFieldAttributeWarning
)

_BODILESS = frozenset({204, 304})
_BODY = ("body",)
_JSON = "application/json"
_NOTHING = object()  # no body was sent; null is something


@dataclass(frozen=True, slots=True)
class _Part:
    """An operation, or something that it depends on: where its arguments come from."""

    call: Callable[..., Awaitable[Any]]
    needs: tuple[tuple[str | None, "_Part"], ...]  # by the name of the argument
    path: Sequence[Any]  # fields, as FastAPI made them
    query: Sequence[Any]
    header: Sequence[Any]
    request: str | None  # the name of the argument that takes it
    response: str | None


def consumed(route: APIRoute) -> tuple[str, ...]:
    """The media types of a body that an operation takes."""
    return tuple((route.openapi_extra or {}).get("x-body", {}).get("consumes", (_JSON,)))


class Answering:
    """The way from a request to an answer, of one operation.

    A body, if there is one, is of a media type that the operation takes: its route saw to that.
    """

    def __init__(self, route: APIRoute) -> None:
        """Look at what the operation declares.

        Raises:
            LookupError: it declares something that is not answered here.
        """
        self._part = _part(route.dependant, route.name)
        self._gives = _takes_response(self._part)
        self._body = _body_field(route)
        self._field = route.response_field
        self._status = route.status_code
        self._by_alias = route.response_model_by_alias
        _check_plain(route)

    async def __call__(self, request: Request) -> Response:
        """The answer.

        Raises:
            RequestValidationError: the request is not what the operation takes.
            ResponseValidationError: the answer is not what it promises.
        """
        found: Any = _NOTHING
        if self._body is not None and (raw := await request.body()):
            found = _read(raw)
        given = _blank() if self._gives else None
        faults: list[Any] = []
        values = await _arguments(self._part, request, given, {}, faults)
        if self._body is not None:
            _add_body(self._body, found, values, faults)
        if faults:
            raise RequestValidationError(faults)
        return self._written(await self._part.call(**values), given)

    def _written(self, told: Any, given: Response | None) -> Response:
        if isinstance(told, Response):
            return told
        status = (given.status_code if given is not None else None) or self._status or 200
        if self._field is None:
            if told is not None or status not in _BODILESS:
                raise LookupError("an operation without a model of its answer answers nothing, or a Response")
            answer = Response(status_code=status)
        else:
            ours = ANSWERING.set(True)
            try:
                value, wrong = self._field.validate(told, {}, loc=("response",))
            finally:
                ANSWERING.reset(ours)
            if wrong:
                raise ResponseValidationError(errors=wrong, body=told)
            answer = Response(
                self._field.serialize_json(value, by_alias=self._by_alias),
                status,
                media_type=_JSON,
            )
        if given is not None:
            answer.raw_headers.extend(given.raw_headers)
        return answer


def _blank() -> Response:
    """What an operation may set the status of, and add headers to."""
    made = Response()
    del made.headers["content-length"]
    made.status_code = None  # type: ignore[assignment]  # nothing is set yet
    return made


async def _arguments(
    part: _Part,
    request: Request,
    given: Response | None,
    solved: dict[Callable[..., Any], Any],
    faults: list[Any],
) -> dict[str, Any]:
    """The arguments of a part; what is wrong is added to the faults."""
    values: dict[str, Any] = {}
    for name, need in part.needs:
        if need.call not in solved:
            before = len(faults)
            inner = await _arguments(need, request, given, solved, faults)
            if len(faults) > before:
                continue
            solved[need.call] = await need.call(**inner)
        if name is not None:
            values[name] = solved[need.call]
    if part.path:
        _add(part.path, request.path_params, values, faults)
    if part.query:
        _add(part.query, request.query_params, values, faults)
    if part.header:
        _add(part.header, request.headers, values, faults)
    if part.request is not None:
        values[part.request] = request
    if part.response is not None:
        values[part.response] = given
    return values


def _add_body(field: Any, found: Any, values: dict[str, Any], faults: list[Any]) -> None:
    if found is not _NOTHING:
        values[field.name], wrong = field.validate(found, {}, loc=_BODY)
        faults.extend(wrong)
    elif field.field_info.is_required():
        faults.append({"type": "missing", "loc": _BODY, "msg": "Field required", "input": None})
    else:
        values[field.name] = field.get_default()


def _add(
    fields: Sequence[Any], received: Mapping[str, Any], values: dict[str, Any], faults: list[Any]
) -> None:
    read, wrong = request_params_to_args(fields, received)
    values.update(read)
    faults.extend(wrong)


def _read(raw: bytes) -> Any:
    """The value of a JSON body."""
    try:
        return loads(raw)
    except json.JSONDecodeError as fault:
        wrong = {
            "type": "json_invalid",
            "loc": ("body", fault.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": fault.msg},
        }
        raise RequestValidationError([wrong]) from fault


def _part(dependant: Dependant, name: str) -> _Part:
    call = dependant.call
    if call is None or not inspect.iscoroutinefunction(call):
        raise LookupError(f"{name}: {call} is no coroutine function; FastAPI would need a thread for it")
    for kind in ("cookie_params", "websocket_param_name", "background_tasks_param_name"):
        if getattr(dependant, kind):
            raise LookupError(f"{name}: {kind} is not answered here (chassis/handling.py)")
    for kind in ("http_connection_param_name", "security_scopes_param_name", "concurrency"):
        if getattr(dependant, kind):
            raise LookupError(f"{name}: {kind} is not answered here (chassis/handling.py)")
    return _Part(
        call=call,
        needs=tuple((one.name, _needed(one, name)) for one in dependant.dependencies),
        path=tuple(dependant.path_params),
        query=tuple(dependant.query_params),
        header=tuple(dependant.header_params),
        request=dependant.request_param_name,
        response=dependant.response_param_name,
    )


def _takes_response(part: _Part) -> bool:
    return part.response is not None or any(_takes_response(need) for _, need in part.needs)


def _needed(dependant: Dependant, name: str) -> _Part:
    if dependant.body_params or not dependant.use_cache:
        raise LookupError(f"{name}: a dependency reads no body, and is asked once")
    return _part(dependant, name)


def _body_field(route: APIRoute) -> Any:
    fields = route.dependant.body_params
    if not fields:
        return None
    if len(fields) > 1 or route.body_field is not fields[0] or isinstance(fields[0].field_info, params.Form):
        raise LookupError(f"{route.name}: the body is one model, and no form")
    if not all(media == _JSON or media.endswith("+json") for media in consumed(route)):
        raise LookupError(f"{route.name}: what is not JSON is read by the operation itself")
    return fields[0]


def _check_plain(route: APIRoute) -> None:
    if not isinstance(route.response_class, DefaultPlaceholder):
        raise LookupError(f"{route.name}: another answer than JSON is a Response that it makes itself")
    left_out = (
        route.response_model_include,
        route.response_model_exclude,
        route.response_model_exclude_unset,
        route.response_model_exclude_defaults,
        route.response_model_exclude_none,
    )
    if any(left_out):
        raise LookupError(f"{route.name}: an answer is the whole of its model")
