# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations are answered by the short way of `chassis.handling` as FastAPI's own handler answers them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    Query,
    Request,
    Response,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from hypothesis import given, settings, strategies as st

from chassis.handling import Answering
from chassis.schema import Day, Hours, Schema, ShortText


class LessonIn(Schema):
    """Wat een docent stuurt."""

    lesson_date: Day
    hours: Hours
    note: ShortText | None = None


class LessonOut(LessonIn):
    """Wat wordt teruggegeven."""

    id: UUID
    number: int


class Short(APIRoute):
    """A route that takes the short way."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        return Answering(self).__call__


async def _digits(if_match: Annotated[str | None, Header()] = None) -> int:
    return int((if_match or "0").strip('"'))


async def _page(
    digits: Annotated[int, Depends(_digits)], limit: Annotated[int, Query(ge=1, le=9)] = 5
) -> str:
    return f"{digits}/{limit}"


Digits = Annotated[int, Depends(_digits)]
Paged = Annotated[str, Depends(_page)]


async def post_lesson(
    lesson_id: UUID,
    body: LessonIn,
    digits: Digits,
    response: Response,
    tag: list[str] | None = Query(None),  # noqa: B008
) -> dict[str, Any]:
    response.headers["ETag"] = f'"{digits}"'
    response.headers["X-Tags"] = ",".join(tag or [])
    if digits == 9:
        response.status_code = 202
    return {**body.model_dump(), "id": lesson_id, "number": digits}


async def list_lessons(page: Paged, digits: Digits, since: date | None = None) -> LessonOut:
    return LessonOut(
        lesson_date=since or date(2024, 11, 4), hours=Decimal("2.50"), id=UUID(int=digits), number=len(page)
    )


async def broken() -> dict[str, Any]:
    return {"number": "not a number"}


async def plain(request: Request) -> Response:
    return PlainTextResponse(request.query_params.get("said", "nothing"))


async def remove() -> None:
    return None


async def maybe(body: LessonIn | None = None) -> LessonOut:
    return LessonOut(lesson_date=date(2024, 1, 1), hours=Decimal(1), id=UUID(int=0), number=body is not None)


def _app(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)
    router.post("/lessons/{lesson_id}", status_code=201, response_model=LessonOut)(post_lesson)
    router.get("/lessons")(list_lessons)
    router.get("/broken", response_model=LessonOut)(broken)
    router.get("/plain", response_model=None)(plain)
    router.delete("/lessons", status_code=204)(remove)
    router.put("/maybe")(maybe)
    app = FastAPI()
    app.router.routes.extend(router.routes)

    @app.exception_handler(RequestValidationError)
    async def told(_: Request, fault: RequestValidationError) -> JSONResponse:
        return JSONResponse({"errors": json.loads(json.dumps(list(fault.errors()), default=str))}, 400)

    return app


SHORT, LONG = _app(Short), _app(APIRoute)


def _asked(app: FastAPI, method: str, path: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path, **more)

    found = asyncio.run(ask())
    return found.status_code, dict(found.headers), found.content


ID = "0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20"
GOOD = {"lessonDate": "2024-11-04", "hours": "2.50"}


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        pytest.param("POST", f"/lessons/{ID}", {"json": GOOD}, id="all-well"),
        pytest.param("POST", f"/lessons/{ID}?tag=a&tag=b", {"json": GOOD, "headers": {"If-Match": '"9"'}}, id="more"),
        pytest.param("POST", "/lessons/1", {"json": {"hours": "x", "extra": 1}}, id="wrong-in-every-place"),
        pytest.param("POST", f"/lessons/{ID}", {}, id="no-body"),
        pytest.param("POST", f"/lessons/{ID}", {"json": None}, id="no-json"),
        pytest.param("POST", f"/lessons/{ID}", {"content": b"null", "headers": {"Content-Type": "application/json"}}, id="null"),
        pytest.param("POST", f"/lessons/{ID}", {"json": [1]}, id="a-list"),
        pytest.param("POST", f"/lessons/{ID}", {"content": b"{", "headers": {"Content-Type": "application/json"}}, id="half"),
        pytest.param(
            "POST", f"/lessons/{ID}", {"content": json.dumps(GOOD), "headers": {"Content-Type": "application/x+json; a=b"}}, id="a-kind-of-json"
        ),
        pytest.param("GET", "/lessons?since=2024-02-30&limit=0", {}, id="wrong-parameters"),
        pytest.param("GET", "/lessons?since=2024-02-29&limit=9", {"headers": {"If-Match": "4"}}, id="parameters"),
        pytest.param("GET", "/broken", {}, id="an-answer-that-is-not-as-promised"),
        pytest.param("GET", "/plain?said=hello", {}, id="its-own-answer"),
        pytest.param("PUT", "/maybe", {}, id="a-body-that-may-be-left-out"),
        pytest.param("PUT", "/maybe", {"json": GOOD}, id="and-is-there"),
    ],
)  # fmt: skip
def test_the_short_way_answers_as_the_long_one(method: str, path: str, more: dict[str, Any]) -> None:
    """Status, heads and body are the same, whatever is asked."""
    assert _asked(SHORT, method, path, **more) == _asked(LONG, method, path, **more)


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["lessonDate", "hours", "note", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_body_is_refused_in_the_same_words(body: object) -> None:
    """What is said of a body does not depend on the way."""
    path = f"/lessons/{ID}"
    assert _asked(SHORT, "POST", path, json=body) == _asked(LONG, "POST", path, json=body)


def test_an_operation_that_answers_nothing_has_no_body() -> None:
    """Nor a media type, for there is nothing of that kind."""
    status, heads, content = _asked(SHORT, "DELETE", "/lessons")
    assert (status, content) == (204, b"")
    assert "content-type" not in heads


async def _with_cookie(session: Annotated[str, Cookie()]) -> None: ...


async def _with_form(name: Annotated[str, Form()]) -> None: ...


async def _with_tasks(tasks: BackgroundTasks) -> None: ...


async def _with_two_bodies(one: LessonIn, two: LessonIn) -> None: ...


def _in_a_thread() -> None: ...


async def _needs_a_thread(value: Annotated[None, Depends(_in_a_thread)]) -> None: ...


@pytest.mark.parametrize(
    "operation", [_with_cookie, _with_form, _with_tasks, _with_two_bodies, _in_a_thread, _needs_a_thread]
)
def test_what_the_short_way_does_not_know_is_refused_when_it_is_declared(
    operation: Callable[..., Awaitable[None] | None],
) -> None:
    """Nobody finds out at the first request."""
    with pytest.raises(LookupError, match=operation.__name__):
        Answering(APIRoute("/", operation, methods=["POST"]))


async def _with_a_file(body: LessonIn) -> None: ...


@pytest.mark.parametrize(
    ("consumes", "known"),
    [
        (["application/json"], True),
        (["application/merge-patch+json", "application/json"], True),
        (["application/json", "text/csv"], False),
    ],
)
def test_a_model_is_read_from_json_alone(consumes: list[str], known: bool) -> None:
    """Of an operation that takes files too, a file would be read as if it were JSON."""
    with nullcontext() if known else pytest.raises(LookupError, match="read by the operation itself"):
        Answering(
            APIRoute("/", _with_a_file, methods=["POST"], openapi_extra={"x-body": {"consumes": consumes}})
        )
