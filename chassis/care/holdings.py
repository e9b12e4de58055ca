# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a service holds of a person, declared table by table: the ground of export and destruction.

Conditions are SQL over the columns of one table; `:persons` is an array of the ids of people.
Names are without schema: the search path of a transaction is its service's schema.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.retention import Category

__all__ = ["CHASSIS_HOLDINGS", "CHASSIS_IMPERSONAL", "Care", "Holding", "Sealed", "of_persons"]

PERSONS = "CAST(:persons AS uuid[])"
"""The people asked for, as an expression."""

_AS_TEXT = f"CAST({PERSONS} AS text[])"


def of_persons(column: str = "inburgeraar_id") -> str:
    """The condition that a column names one of the people."""
    return f"{column} = ANY ({PERSONS})"


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of one table that are about a person.

    Attributes:
        table: without schema.
        title: for people, Dutch.
        rows: the condition; see `of_persons`.
        category: how long they may be kept.
        kept_clearing: when a person is reduced to the short list, the rows stay and these columns
            get these SQL values; None: the rows go.
        kept_where: of the rows that stay, only those for which this holds.
        concealed: columns that an export leaves out: keys, ciphertexts, technical numbers.
        own_term: the rows have a term of their own and are not destroyed with the person.
        shown: an export has it; False where the running role may not even read it.
    """

    table: str
    title: str
    rows: str = of_persons()
    category: Category = Category.DOSSIER
    kept_clearing: Mapping[str, str] | None = None
    kept_where: str | None = None
    concealed: frozenset[str] = frozenset()
    own_term: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted column, and the column that says under which key."""

    table: str
    key_column: str
    ring: str  # the setting that holds the keys, for example `encryption_keys`
    digest: bool = False  # a blind index: every row is there once for each key of the ring


@dataclass(frozen=True, slots=True)
class Care:
    """What a service declares about the data it holds.

    Attributes:
        people: SQL that selects the id of everybody of whom something is held.
        gemeente: SQL that selects the gemeentecode of `:person`; decides who may ask for an export.
        holdings: children before parents: destruction follows the order.
        impersonal: tables that hold nothing about a person.
        sealed: every encrypted column.
        renewals: each gives a batch of rows the current key, and answers how many; 0 when none is left
            that nobody else holds. They get the `chassis.service.Context`.
        parting: what a service does with others' data before that of a person goes, in the same transaction; also
            when it is done again after a restore. Gets the transaction, the person and the name of the rule.
        opened: what an export shows of a row with encrypted columns; gets the settings, the table and
            the row, and answers the columns to show beside the plain ones.
    """

    people: str
    gemeente: str
    holdings: tuple[Holding, ...] = ()
    impersonal: frozenset[str] = frozenset()
    sealed: tuple[Sealed, ...] = ()
    renewals: tuple[Callable[[Any], Awaitable[int]], ...] = ()
    parting: Callable[[Any, UUID, str], Awaitable[None]] | None = None
    opened: Callable[[Any, str, Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda *_: {})

    @property
    def everything(self) -> tuple[Holding, ...]:
        """What is held of a person, the tables that every service has included."""
        return (*CHASSIS_HOLDINGS, *self.holdings)


CHASSIS_HOLDINGS: tuple[Holding, ...] = (
    Holding(
        "outbox",
        "Gebeurtenissen die zijn of worden verzonden",
        rows=f"(key = ANY ({_AS_TEXT}) OR data->>'inburgeraarId' = ANY ({_AS_TEXT}))",
        category=Category.TECHNICAL,
        concealed=frozenset({"seq", "last_error", "attempts", "traceparent"}),
    ),
    Holding(
        "inbox_version",
        "Hoever gelezen gebeurtenissen zijn",
        rows=f"subject = ANY ({_AS_TEXT})",
        category=Category.TECHNICAL,
    ),
    Holding(
        "dead_letter",
        "Gebeurtenissen die opzij zijn gezet",
        rows=f"(key = ANY ({_AS_TEXT}) OR EXISTS (SELECT FROM unnest({_AS_TEXT}) AS named(person) "
        "WHERE position(convert_to(named.person, 'UTF8') IN value) > 0))",
        category=Category.TECHNICAL,
        concealed=frozenset({"headers"}),
    ),
    Holding(
        "background_job_row",
        "Regels van ingezonden bestanden",
        # A row is kept as an object or as an array of its fields.
        rows=f"(data->>'inburgeraarId' = ANY ({_AS_TEXT}) OR data ?| {_AS_TEXT})",
        category=Category.TECHNICAL,
    ),
    Holding(
        "access_log",
        "Wie de gegevens heeft ingezien",
        category=Category.ACCESS_LOG,
        concealed=frozenset({"previous", "hash", "data_subject"}),
        own_term=True,
    ),
    Holding(
        "access_chain",
        "Het slot op het inzageregister",
        category=Category.ACCESS_LOG,
        own_term=True,
        shown=False,
    ),
)
"""What every service holds of a person in the tables of the chassis."""

CHASSIS_IMPERSONAL: Mapping[str, str] = {
    "inbox": "ids of events",
    "idempotency_key": "answers under a key that only the sender knows, for 48 hours",
    "background_job": "codes and counts; a file that was sent in is deleted when the work ends",
    "destruction": "digests, rules and days",
}
"""Tables of the chassis that hold nothing that could be found by person, and what they hold."""
