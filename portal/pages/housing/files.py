# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists of housing as a file: tried first, explained row by row, and entered after a person said so.

The portal keeps no file. Who enters a file sends it again, and it must be the one that was tried.
"""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing import file_columns
from portal.pages.housing.who import HOUSING, choose
from portal.visit import Visit
from portal.words import label

__all__ = ["DWELLINGS", "DWELLINGS_OF_OTHERS", "HOUSEHOLDS", "FileRoom", "lines_in_words"]

JOBS = f"{HOUSING}/jobs"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 65_536
MOST_ROWS_SHOWN = 200
SHOWN = ("accepted", "corrected", "rejected")
ENDED = ("done", "failed")
REFUSED_WHOLE = {400, 413, 415}
MARK_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose file it is, where the file does not tell it: chosen on the page and sent along."""

    field: str  # on the page and in its address
    parameter: str  # of the operation that takes the file
    text: str
    hint: str
    required: str  # what to tell who chose nothing
    options: Callable[[Visit], Awaitable[Mapping[str, str]]]
    proposes: bool = False  # whether the first of the options is chosen to begin with


@dataclass(frozen=True, slots=True)
class FileRoom:
    """The pages of one kind of file."""

    place: str  # the address of these pages
    call: str  # the operation that takes the file
    title: str
    lead: str
    field: str  # what the field for the file is called
    back: tuple[str, str]
    columns: Sequence[file_columns.FileColumn]
    example: str
    asked: Asked | None  # None: the file is the sender's own
    unlinks: bool = False  # a row can also end what stands

    async def show(self, visit: Visit) -> Response:
        """Where a file is chosen."""
        return await self._draw(visit, Form())

    async def explain(self, visit: Visit) -> Response:
        """The columns that are read, with an example."""
        return visit.render("housing/files_help.html", room=self)

    async def example_file(self, _: Visit) -> Response:
        """An example to begin with, as a spreadsheet opens it."""
        return _csv(f"\N{BYTE ORDER MARK}{self.example}", "voorbeeld.csv")

    async def send(self, visit: Visit) -> Response:
        """Try a file: everything is done and taken back, so that a person sees what would happen."""
        form = Form.of(await visit.form())
        chosen = await self._chosen(visit, form)
        asked = self.asked
        whose: dict[str, str | None] = {}
        if asked is not None:
            options = await asked.options(visit)
            whose[asked.field] = form.choice(asked.field, options, required=asked.required)
        if chosen is None or not form.is_valid:
            return await self._draw(visit, form, status=400)
        file, media_type = chosen
        mark = await _mark(file)
        job = await self._upload(visit, form, file, media_type, dryRun="true")
        if job is None:
            return await self._draw(visit, form, status=400)
        return visit.go(f"{self.place}/{job}", bestand=mark, **whose)

    async def enter(self, visit: Visit) -> Response:
        """Enter the file that was tried; another file is sent back to be tried first."""
        form = Form.of(await visit.form())
        chosen = await self._chosen(visit, form)
        if chosen is None:
            return await self._draw_job(visit, form, status=400)
        file, media_type = chosen
        if await _mark(file) != form.values.get("bestand"):
            form.errors["file"] = (
                "Dit is een ander bestand dan u hebt geprobeerd. Kies hetzelfde bestand, of probeer dit bestand eerst."
            )
            return await self._draw_job(visit, form, status=400)
        job = await self._upload(visit, form, file, media_type)
        if job is None:
            return await self._draw_job(visit, form, status=400)
        return visit.go(f"{self.place}/{job}")

    async def progress(self, visit: Visit) -> Response:
        """How far a file is; what would happen, or what happened, when it is done."""
        kept = ["bestand", *([self.asked.field] if self.asked else [])]
        return await self._draw_job(visit, Form({name: visit.query(name) or "" for name in kept}))

    async def faults(self, visit: Visit) -> Response:
        """Every refused row with its column, for a spreadsheet."""
        rows = await visit.gateway.items(f"{JOBS}/{visit.path('job_id')}/rows", outcome="rejected")
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(["regel", "kolom", "wat er niet klopt"])
        for row in rows:
            for fault in _faults_of(row):
                writer.writerow([row["line"], _safe(fault["column"]), _safe(fault["detail"])])
        return _csv(f"\N{BYTE ORDER MARK}{text.getvalue()}", "fouten.csv")

    async def _chosen(self, visit: Visit, form: Form) -> tuple[UploadFile, str] | None:
        file = (await visit.form()).get("file")
        form.values.setdefault("file", "")
        if not isinstance(file, UploadFile) or not file.filename:
            form.errors["file"] = "Kies eerst een bestand."
            return None
        media_type = MEDIA_TYPES.get(PurePath(file.filename).suffix.lower())
        most = visit.portal.settings.upload_megabytes
        if media_type is None:
            form.errors["file"] = "Kies een bestand dat eindigt op .csv of .xlsx."
        elif not file.size:
            form.errors["file"] = "Dit bestand is leeg. Kies een ander bestand."
        elif file.size > most * 1_000_000:
            form.errors["file"] = f"Dit bestand is groter dan {most} MB. Verdeel het over meer bestanden."
        return None if form.errors or media_type is None else (file, media_type)

    async def _upload(
        self, visit: Visit, form: Form, file: UploadFile, media_type: str, **query: str
    ) -> UUID | None:
        """The job that reads the file; None, with the reason on the form, where the whole file is refused."""
        if self.asked is not None and (whose := form.values.get(self.asked.field)):
            query[self.asked.parameter] = whose
        path = f"{HOUSING}/{self.call}" + (f"?{urlencode(query)}" if query else "")
        try:
            location = await visit.gateway.upload(path, media_type=media_type, content=_pieces(file))
        except Fault as fault:
            if fault.status not in REFUSED_WHOLE:
                raise
            details = [str(one.get("detail") or "") for one in fault.errors] or [fault.detail or fault.title]
            form.errors["file"] = " ".join(dict.fromkeys(details))
            return None
        return UUID(location.rstrip("/").rsplit("/", 1)[-1])

    async def _draw(self, visit: Visit, form: Form, *, status: int = 200) -> Response:
        options: Mapping[str, str] = {}
        if self.asked is not None:
            options = await self.asked.options(visit)
            form.values.setdefault(self.asked.field, next(iter(options), "") if self.asked.proposes else "")
        return visit.render("housing/files.html", status=status, room=self, options=options, form=form)

    async def _draw_job(self, visit: Visit, form: Form, *, status: int = 200) -> Response:
        path = f"{JOBS}/{visit.path('job_id')}"
        job = await visit.gateway.get(path)
        if visit.is_htmx:
            part = visit.render("housing/files_job_part.html", room=self, job=job, form=form)
            if job["status"] in ENDED:
                # The whole page again: focus and the heading then tell the result.
                part.headers["HX-Refresh"] = "true"
            return part
        rows: dict[str, list[Json]] = {outcome: [] for outcome in SHOWN}
        to_enter = job["accepted"] + job["corrected"]
        partly = job["status"] == "failed" and not job["dryRun"] and to_enter > 0
        if job["status"] == "done" or partly:
            for outcome in SHOWN:
                rows[outcome] = await _rows(visit, f"{path}/rows", outcome) if job[outcome] else []
        ended = [row for row in rows["corrected"] if row.get("unlinked")]
        changed = [row for row in rows["corrected"] if not row.get("unlinked")]
        unlinked = job.get("unlinked", 0)  # a housing service of before this number does not tell it
        return visit.render(
            "housing/files_job.html",
            status=status,
            room=self,
            job=job,
            form=form,
            to_enter=to_enter,
            partly=partly,
            refused=[{"line": row["line"], "faults": _faults_of(row)} for row in rows["rejected"]],
            more=max(0, int(job["rejected"]) - len(rows["rejected"])),
            done=[
                ("Nieuw", job["accepted"], lines_in_words(rows["accepted"])),
                ("Gewijzigd", job["corrected"] - unlinked, lines_in_words(changed)),
                ("Ontkoppeld", unlinked, lines_in_words(ended)),
            ],
        )


def lines_in_words(rows: Iterable[Json]) -> str:
    """`2 tot en met 5, 9` of rows that stand on these lines of the file."""
    spans: list[list[int]] = []
    for line in sorted(row["line"] for row in rows):
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return ", ".join(str(first) if first == last else f"{first} tot en met {last}" for first, last in spans)


async def _rows(visit: Visit, path: str, outcome: str) -> list[Json]:
    answer = await visit.gateway.get(path, outcome=outcome, pageSize=MOST_ROWS_SHOWN)
    found: list[Json] = answer["items"]
    return found


def _faults_of(row: Json) -> list[Json]:
    """What is wrong with a row: the column, where the service names one, and the words."""
    problem = row["problem"]
    found = [{"column": one.get("parameter") or "", "detail": one["detail"]} for one in problem["errors"]]
    return found or [{"column": "", "detail": problem["detail"] or problem["title"]}]


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


async def _mark(file: UploadFile) -> str:
    """By what a file is known again; the file is then read from its start."""
    digest = hashlib.sha256()
    while piece := await file.read(PIECE):
        digest.update(piece)
    await file.seek(0)
    return digest.hexdigest()[:MARK_DIGITS]


async def _gemeenten(visit: Visit) -> Mapping[str, str]:
    """The gemeenten that this person works for, the one that was looked at first."""
    chooser = await choose(visit)
    codes = sorted(chooser.codes, key=lambda code: code != chooser.code)
    return {code: label("gemeente", code) for code in codes}


async def _corporations(visit: Visit) -> Mapping[str, str]:
    """The corporations on the list, by name."""
    found = await visit.gateway.items(f"{HOUSING}/corporations")
    return {str(one["id"]): str(one["name"]) for one in sorted(found, key=lambda one: str(one["name"]))}


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


HOUSEHOLDS = FileRoom(
    place="/portal/huisvesting/bestand",
    call="household-imports",
    title="Lijst uit TVS inlezen",
    lead="Zet alle gekoppelde huishoudens in één keer in het systeem, met de lijst die u uit TVS haalt.",
    field="Lijst met gekoppelde huishoudens",
    back=("/portal/huisvesting", "Huishoudens en woningen"),
    columns=file_columns.HOUSEHOLDS,
    example=file_columns.HOUSEHOLDS_EXAMPLE,
    asked=Asked(
        field="gemeente",
        parameter="gemeentecode",
        text="Gemeente",
        hint="Voor regels waarin geen gemeentecode staat.",
        required="Kies de gemeente.",
        options=_gemeenten,
        proposes=True,
    ),
    unlinks=True,
)
DWELLINGS = FileRoom(
    place="/portal/woningen/bestand",
    call="dwelling-imports",
    title="Lijst met woningen inlezen",
    lead="Bied veel woningen in één keer aan, of verbeter ze, met een lijst uit uw eigen systeem.",
    field="Lijst met woningen",
    back=("/portal/woningen", "Woningen"),
    columns=file_columns.DWELLINGS,
    example=file_columns.DWELLINGS_EXAMPLE,
    asked=None,
)
DWELLINGS_OF_OTHERS = replace(
    DWELLINGS,
    place="/portal/huisvesting/woningbestand",
    lead="Zet de woningen die een corporatie aanbiedt in één keer in het systeem, met een lijst van die corporatie.",
    back=("/portal/huisvesting", "Huishoudens en woningen"),
    asked=Asked(
        field="corporatie",
        parameter="corporationId",
        text="Corporatie",
        hint="Van wie zijn de woningen in deze lijst?",
        required="Kies de corporatie.",
        options=_corporations,
    ),
)
