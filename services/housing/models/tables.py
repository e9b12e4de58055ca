# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all tables of housing share: their schema and their metadata."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import chassis_tables

__all__ = ["INSTANT", "SCHEMA", "Base", "codes", "gemeente", "metadata", "text", "text_or_none"]

SCHEMA = "housing"
INSTANT = sa.DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=sa.MetaData(schema=SCHEMA))):
    """The base of this service's tables, with metadata of its own."""


metadata = Base.metadata
chassis_tables(metadata, SCHEMA)


def gemeente(**kwargs: Any) -> Any:
    """The column of a gemeente: four digits."""
    return Field(sa_type=sa.String(4), **kwargs)


def text(**kwargs: Any) -> Any:
    """A column of text."""
    return Field(sa_type=sa.Text, **kwargs)


def text_or_none() -> Any:
    """A column of text that may be empty."""
    return Field(default=None, sa_type=sa.Text)


def codes(length: int | None = None) -> Any:
    """A column with a list of codes; gemeentecodes with `length` 4."""
    kind = sa.Text() if length is None else sa.String(length)
    return Field(default_factory=list, sa_type=sa.ARRAY(kind))
