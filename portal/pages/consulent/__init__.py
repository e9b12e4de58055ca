# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The consulent's room: what asks for attention today, and each signal with its facts."""

from starlette.routing import BaseRoute, Route

from portal.pages.consulent import day, signal
from portal.rooms import CASE_WORK, QUALITY
from portal.visit import page

__all__ = ["routes"]

routes: list[BaseRoute] = [
    Route("/mijn-dag", page(day.show, *CASE_WORK), name="my-day"),
    Route(
        "/signalen/{signal_id:uuid}", page(signal.show, *CASE_WORK, *QUALITY), methods=["GET"], name="signal"
    ),
    Route("/signalen/{signal_id:uuid}", page(signal.handle, *CASE_WORK, *QUALITY), methods=["POST"]),
]
