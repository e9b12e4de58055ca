# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The consulent's room: what asks for attention today, and each signal with its facts."""

from starlette.routing import BaseRoute, Route

from portal.pages.consulent import day, signal
from portal.rooms import CASE_WORK, QUALITY, VWN
from portal.visit import page

__all__ = ["routes"]

_HANDLERS = (*CASE_WORK, *QUALITY, *VWN)

routes: list[BaseRoute] = [
    Route("/mijn-dag", page(day.show, *CASE_WORK), name="my-day"),
    Route("/signalen/{signal_id:uuid}", page(signal.show, *_HANDLERS), methods=["GET"], name="signal"),
    Route("/signalen/{signal_id:uuid}", page(signal.handle, *_HANDLERS), methods=["POST"]),
]
