# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The team of VluchtelingenWerk announces how many moves it can take."""

from datetime import date, timedelta

from chassis.db import Tx
from chassis.errors import FieldError, InvalidInput
from services.housing.actions.visibility import check_sees
from services.housing.rules import team as rules
from services.housing.store import team as store

__all__ = ["announce_team"]


async def announce_team(
    tx: Tx, *, gemeentecode: str, week: date, until_week: date | None, moves: int
) -> None:
    """Announce one number for a week, or for every week up to and including another.

    What was announced for these weeks before is replaced, so sending it again changes nothing.

    Raises:
        AgreementMissing, Forbidden: VluchtelingenWerk does not work for this gemeente.
        InvalidInput: a day that is no Monday, in the past or too far ahead; or the weeks run backwards.
    """
    check_sees(tx, gemeentecode)
    last = until_week or week
    for day, place in ((week, "week"), (last, "/untilWeek")):
        _check_week(tx, day, place)
    if last < week:
        raise _wrong("De laatste week ligt voor de eerste.", "before-start", "/untilWeek")
    await store.announce(
        tx,
        gemeentecode=gemeentecode,
        weeks=rules.mondays_until(week, last),
        moves=moves,
        organisation_id=tx.acting.organisation_id,
        by=tx.acting.subject,
    )


def _check_week(tx: Tx, day: date, place: str) -> None:
    this_week = rules.monday_of(tx.today)
    if not rules.is_monday(day):
        raise _wrong("Noem de maandag van de week.", "not-monday", place)
    if day < this_week:
        raise _wrong("Deze week is al voorbij.", "in-past", place)
    if day >= this_week + timedelta(weeks=rules.FARTHEST_WEEKS):
        raise _wrong(f"Geef ten hoogste {rules.FARTHEST_WEEKS} weken vooruit door.", "too-far", place)


def _wrong(text: str, code: str, place: str) -> InvalidInput:
    if place.startswith("/"):
        return InvalidInput.on(place, text, code=code)
    return InvalidInput(text, errors=[FieldError(code, text, parameter=place)])
