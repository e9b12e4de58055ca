# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists in pages. Keyset paging: a token names the last row seen, so a deep page costs as much as the first."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from chassis.errors import FieldError, InvalidInput

__all__ = ["Paging", "PagingDep"]

Item = TypeVar("Item", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for. Keyset paging: `after` is the key of the last row seen."""

    size: int
    after: tuple[Any, ...] | None

    def position(self, *kinds: type) -> tuple[Any, ...] | None:
        """The key of the last row seen, checked to be of these kinds; None on the first page.

        Raises:
            InvalidInput: the token is of another list.
        """
        if self.after is None:
            return None
        if len(self.after) != len(kinds) or any(
            type(part) is not kind for part, kind in zip(self.after, kinds, strict=True)
        ):
            raise _not_ours()
        return self.after

    @property
    def after_id(self) -> UUID | None:
        """The id after which a page begins whose rows are in the order of their ids; None on the first."""
        key = self.position(UUID)
        return None if key is None else key[0]

    @property
    def fetch(self) -> int:
        """How many rows to fetch: one more than shown tells whether there is a next page."""
        return self.size + 1

    def page(
        self, rows: Sequence[Any], *, key: Callable[[Any], tuple[Any, ...]], item: Callable[[Any], Item]
    ) -> dict[str, Any]:
        """The page of these rows.

        Args:
            rows: at most `fetch` of them, in order.
            key: the ordering key of a row; text, numbers, days, instants and ids.
            item: makes the answer's item from a row.
        """
        shown = rows[: self.size]
        token = _to_token(key(shown[-1])) if len(rows) > self.size else None
        return {"items": [item(row) for row in shown], "next_page_token": token}


_TAGS: tuple[tuple[type, str], ...] = ((datetime, "t"), (date, "d"), (UUID, "u"), (Decimal, "n"))
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "n": Decimal,
}


def _to_token(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps([_tagged(part) for part in key]).encode()).decode().rstrip("=")


def _tagged(part: Any) -> Any:
    for kind, tag in _TAGS:  # by isinstance: the driver has subclasses of its own
        if isinstance(part, kind):
            return {tag: part.isoformat() if isinstance(part, date) else str(part)}
    return part


def _from_token(token: str) -> tuple[Any, ...]:
    parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    if not isinstance(parts, list):
        raise TypeError("not a key")
    return tuple(
        next(_FROM_TEXT[tag](text) for tag, text in part.items()) if isinstance(part, dict) else part
        for part in parts
    )


def _not_ours() -> InvalidInput:
    return InvalidInput(
        "Deze pageToken is niet van deze lijst.",
        errors=[FieldError("form", "Gebruik de nextPageToken van de vorige pagina.", parameter="pageToken")],
    )


async def _paging(
    pageSize: Annotated[int, Query(ge=1, le=200, description="Aantal rijen per pagina.")] = 50,  # noqa: N803 - the name on the wire
    pageToken: Annotated[  # noqa: N803 - the name on the wire
        str | None, Query(max_length=1000, description="De nextPageToken van de vorige pagina.")
    ] = None,
) -> Paging:
    if pageToken is None:
        return Paging(pageSize, None)
    try:
        return Paging(pageSize, _from_token(pageToken))
    except (
        ValueError,
        TypeError,
        KeyError,
        StopIteration,
        AttributeError,
        ArithmeticError,
        binascii.Error,
    ) as fault:
        raise _not_ours() from fault


PagingDep = Annotated[Paging, Depends(_paging)]
