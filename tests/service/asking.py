# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Requests to the service under test, each with the status that it must have; what a service adds is its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.running import Running
from chassis.service import Context, Service
from chassis.testing import Bench


def quiet(service: Service) -> Service:
    """The service with jobs that work when a test says so, and only then.

    The clock gives each job a turn at the start too: that would come before or after what a test does first.
    """
    return replace(
        service,
        jobs=tuple(replace(job, every=timedelta(hours=9), run=_by_hand(job.run)) for job in service.jobs),
    )


def _by_hand(run: Callable[[Context], Awaitable[None]]) -> Callable[[Context], Awaitable[None]]:
    async def turn(context: Context) -> None:
        task = asyncio.current_task()
        asked_by = None if task is None else getattr(task.get_coro(), "cr_code", None)
        if asked_by is not Running.keep_running.__code__:
            await run(context)

    return turn


class Asking:
    """Asks a service and answers the body.

    Args:
        bench: where it runs.
        base: what stands before each path, such as `/housing/v1`.
    """

    def __init__(self, bench: Bench, base: str) -> None:
        self.bench = bench
        self.client = bench.client
        self._base = base

    async def ask(
        self,
        method: str,
        path: str,
        caller: dict[str, str],
        body: Any = None,
        expect: int = 200,
        **kwargs: Any,
    ) -> Any:
        headers = {**caller, **kwargs.pop("headers", {})}
        response = await self.client.request(
            method, f"{self._base}{path}", headers=headers, json=body, **kwargs
        )
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    async def get(self, path: str, caller: dict[str, str], expect: Any = 200, **params: Any) -> Any:
        return await self.ask("GET", path, caller, expect=expect, params=params)

    async def items(self, path: str, caller: dict[str, str], **params: Any) -> list[Any]:
        found: list[Any] = (await self.get(path, caller, **params))["items"]
        return found

    async def post(
        self, path: str, caller: dict[str, str], body: Any, expect: int = 201, **kwargs: Any
    ) -> Any:
        return await self.ask("POST", path, caller, body, expect, **kwargs)

    async def put(self, path: str, caller: dict[str, str], body: Any, expect: int = 200) -> Any:
        return await self.ask("PUT", path, caller, body, expect)
