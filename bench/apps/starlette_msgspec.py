# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ceiling in Python: Starlette with msgspec, on uvicorn with uvloop and httptools."""

import sys
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["app"]

_FIRST = datetime(2024, 11, 5, 9, tzinfo=UTC)


class RecordIn(msgspec.Struct):
    """Six fields."""

    inburgeraarId: UUID  # noqa: N815 - the wire's own names
    gemeentecode: str
    lessonDate: date  # noqa: N815
    dayPart: Literal["morning", "afternoon", "evening"]  # noqa: N815
    status: Literal["present", "excused", "sick", "unexcused"]
    externalId: str  # noqa: N815


class RecordOut(RecordIn):
    """Nine fields."""

    id: UUID
    version: int
    recordedAt: datetime  # noqa: N815


_decode = msgspec.json.Decoder(RecordIn).decode
_encode = msgspec.json.Encoder().encode


async def live(_: Request) -> Response:
    """It lives."""
    return Response(b'{"status":"live"}')


async def post_record(request: Request) -> Response:
    """Read, check, answer."""
    body = _decode(await request.body())
    made = RecordOut(
        inburgeraarId=body.inburgeraarId,
        gemeentecode=body.gemeentecode,
        lessonDate=body.lessonDate,
        dayPart=body.dayPart,
        status=body.status,
        externalId=body.externalId,
        id=uuid4(),
        version=1,
        recordedAt=_FIRST,
    )
    return Response(_encode(made), 201, media_type="application/json")


app = Starlette(
    routes=[Route("/health/live", live), Route("/bench/v1/records", post_record, methods=["POST"])]
)

if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
