# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The taalschool's room: lessons, the roll call, what is still missing, groups and files."""

from starlette.routing import BaseRoute, Route

from portal.pages.school import lessons, planning, roll_call, upload
from portal.rooms import SCHOOL
from portal.visit import page

__all__ = ["routes"]

routes: list[BaseRoute] = [
    Route("/lessen", page(lessons.lessons_of_day, *SCHOOL), name="lessons"),
    Route("/lessen/{lesson_id:uuid}", page(roll_call.show, *SCHOOL), methods=["GET"], name="roll-call"),
    Route("/lessen/{lesson_id:uuid}", page(roll_call.save_all, *SCHOOL), methods=["POST"]),
    Route("/lessen/{lesson_id:uuid}/rij", page(roll_call.save_row, *SCHOOL), methods=["POST"]),
    Route("/ontbrekend", page(lessons.missing, *SCHOOL), name="missing"),
    Route("/groepen", page(lessons.groups, *SCHOOL), name="groups"),
    Route("/groepen/nieuw", page(planning.begin, *SCHOOL), methods=["GET"], name="group-new"),
    Route("/groepen/nieuw", page(planning.add, *SCHOOL), methods=["POST"]),
    Route("/groepen/{group_id:uuid}", page(planning.show, *SCHOOL), methods=["GET"], name="group-plan"),
    Route("/groepen/{group_id:uuid}", page(planning.change, *SCHOOL), methods=["POST"]),
    Route("/aanleveren", page(upload.show, *SCHOOL), methods=["GET"], name="upload"),
    Route("/aanleveren", page(upload.send, *SCHOOL), methods=["POST"]),
    Route("/aanleveren/uitleg", page(upload.explain, *SCHOOL), name="upload-help"),
    Route("/aanleveren/{job_id:uuid}", page(upload.progress, *SCHOOL), name="upload-job"),
    Route("/aanleveren/{job_id:uuid}/regels.csv", page(upload.rows_file, *SCHOOL), name="upload-rows"),
]
