# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The peer of a service: FastAPI with nothing around it, on uvicorn with uvloop and httptools."""

import sys
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

__all__ = ["app"]

_FIRST = datetime(2024, 11, 5, 9, tzinfo=UTC)
app = FastAPI()


class RecordIn(BaseModel):
    """Six fields."""

    inburgeraarId: UUID  # noqa: N815 - the wire's own names, without a generator of aliases
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


@app.get("/health/live")
async def live() -> dict[str, str]:
    """It lives."""
    return {"status": "live"}


@app.post("/bench/v1/records", status_code=201, response_model=RecordOut)
async def post_record(body: RecordIn) -> dict[str, Any]:
    """Read, check, answer."""
    return {**body.model_dump(), "id": uuid4(), "version": 1, "recordedAt": _FIRST}


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
