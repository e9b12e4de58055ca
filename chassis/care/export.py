# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Everything that one service holds of a person, for the person's right to see and take along (AVG art. 15, 20).

It is made when it is asked for and kept nowhere: there is no second copy of a dossier to guard,
to encrypt and to destroy.
"""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic.alias_generators import to_camel

from chassis.care.holdings import Care, Holding
from chassis.db import Tx
from chassis.errors import NotFound

__all__ = ["authorise", "parts_of"]


async def authorise(tx: Tx, care: Care, person: UUID) -> None:
    """See to it that the caller may have the export; afterwards the transaction sees all of it.

    Raises:
        NotFound: nobody of whom something is held here, or somebody of another gemeente.
        AgreementMissing: of a gemeente of the caller, and no agreement allows it.
    """
    caller = tx.caller
    await tx.act_as_platform()
    code = await tx.scalar(sa.text(care.gemeente), {"person": person})
    if caller is None or code is None or code not in caller.known_codes:
        raise NotFound("Van deze persoon is hier niets vastgelegd dat u mag inzien.")
    if code not in caller.person_codes(tx.purpose):
        raise tx.missing_agreement(code)
    tx.look(person, code)


async def parts_of(tx: Tx, care: Care, person: UUID) -> list[dict[str, Any]]:
    """What is held of a person, table by table, encrypted numbers opened; empty tables are left out."""
    found = []
    for holding in care.everything:
        if not holding.shown:
            continue
        rows = (
            (
                await tx.execute(
                    sa.text(  # the names come from our own declarations
                        f"SELECT * FROM {holding.table} WHERE {holding.rows}"
                    ),
                    {"persons": [person]},
                )
            )
            .mappings()
            .all()
        )
        if rows:
            found.append(_part(care, holding, [dict(row) for row in rows], tx.settings))
    return found


def _part(care: Care, holding: Holding, rows: Sequence[dict[str, Any]], settings: Any) -> dict[str, Any]:
    shown = [
        {
            to_camel(name): _plain(value)
            for name, value in {**row, **care.opened(settings, holding.table, row)}.items()
            if name not in holding.concealed
        }
        for row in rows
    ]
    return {
        "table": holding.table,
        "title": holding.title,
        "category": str(holding.category),
        "rows": sorted(shown, key=lambda row: json.dumps(row, sort_keys=True)),
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case UUID() | date() | datetime() | time():
            return value.isoformat() if not isinstance(value, UUID) else str(value)
        case Decimal():
            return float(value)
        case bytes() | memoryview():
            try:
                return bytes(value).decode()
            except UnicodeDecodeError:
                return base64.b64encode(bytes(value)).decode()
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
