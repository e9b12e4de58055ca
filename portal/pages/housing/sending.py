# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sending a form of these pages: drawn again with what is wrong at its field, or on to where it led."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["Draw", "patch_form", "post_form"]

CORRECTABLE = frozenset({400, 403, 409, 412})
STALE = 412
_SAME: Mapping[str, str] = MappingProxyType({})


class Draw(Protocol):
    """Draws the page of a form again."""

    def __call__(self, visit: Visit, form: Form, *, status: int = 200) -> Awaitable[Response]:
        """The page with what was filled in and what is wrong with it."""


async def post_form(
    visit: Visit,
    form: Form,
    path: str,
    body: Json,
    *,
    draw: Draw,
    done: Callable[[Json], Response],
    named: Mapping[str, str] = _SAME,
) -> Response:
    """Send a form by POST, once however often it is sent: its key, where it has one, goes along."""
    key = form.values.get("key") or None
    return await _sent(
        visit, form, lambda: visit.gateway.post(path, body, key=key), draw=draw, done=done, named=named
    )


async def patch_form(
    visit: Visit,
    form: Form,
    path: str,
    body: Json,
    *,
    version: str,
    draw: Draw,
    done: Callable[[Json], Response],
    named: Mapping[str, str] = _SAME,
) -> Response:
    """Send a form by PATCH, based on the version that the person saw.

    Where somebody else was first, the page is drawn with what stands now, and nothing of what was filled in: that
    must not follow on a version that this person never saw. `named` tells which field of the page an error of
    the API is about, where they are not called the same.
    """
    return await _sent(
        visit,
        form,
        lambda: visit.gateway.patch(path, body, version=version),
        draw=draw,
        done=done,
        named=named,
    )


async def _sent(
    visit: Visit,
    form: Form,
    call: Callable[[], Awaitable[Json]],
    *,
    draw: Draw,
    done: Callable[[Json], Response],
    named: Mapping[str, str] = _SAME,
) -> Response:
    if not form.is_valid:
        return await draw(visit, form, status=400)
    answer = await form.sent(call(), CORRECTABLE, named)
    if not isinstance(answer, Fault):
        return done(answer)
    if answer.status == STALE:
        form = Form()
        form.general = (
            "Iemand anders heeft dit net gewijzigd. Hieronder staat wat er nu is vastgelegd. "
            "Uw eigen wijziging is niet vastgelegd. Maak die opnieuw."
        )
    return await draw(visit, form, status=answer.status)
