# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room about one person: find, register, the whole picture, the PIP and the lead."""

from starlette.routing import BaseRoute, Route

from portal.pages.person import file, find, lead, pip, register
from portal.rooms import CASE_WORK, QUALITY
from portal.visit import page

__all__ = ["routes"]

READERS = (*CASE_WORK, *QUALITY, "policy-officer")

routes: list[BaseRoute] = [
    Route("/personen", page(find.show, *READERS), methods=["GET"], name="persons"),
    Route("/personen", page(find.search, *READERS), methods=["POST"]),
    Route("/personen/nieuw", page(register.show, *CASE_WORK), methods=["GET"], name="register"),
    Route("/personen/nieuw", page(register.save, *CASE_WORK), methods=["POST"]),
    Route("/personen/{person_id:uuid}", page(file.show, *READERS), name="person"),
    Route("/personen/{person_id:uuid}/pip", page(pip.show, *CASE_WORK), methods=["GET"], name="pip"),
    Route("/personen/{person_id:uuid}/pip", page(pip.sign, *CASE_WORK), methods=["POST"]),
    Route("/personen/{person_id:uuid}/consulent", page(lead.show, *CASE_WORK), methods=["GET"], name="lead"),
    Route("/personen/{person_id:uuid}/consulent", page(lead.save, *CASE_WORK), methods=["POST"]),
]
