# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""No table escapes: each is declared as holding something of people, or as holding nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from chassis.care.holdings import CHASSIS_HOLDINGS, CHASSIS_IMPERSONAL, Care
from chassis.service import Service
from chassis.tables import CHASSIS_TABLES
from embedded.app import ALL, GATEWAY, SERVICES

PERSON_COLUMNS = {"inburgeraar_id", "person_id"}
KEY_COLUMNS = ("key_id", "ciphertext")


def faults(service: Service) -> Iterator[str]:
    """What the declaration of a service leaves out, or says of what is not there."""
    care = service.care or Care(people="", gemeente="")
    held = {one.table for one in care.holdings}
    own = {
        table.name: table for table in service.metadata.tables.values() if table.name not in CHASSIS_TABLES
    }
    yield from (f"{name} is not declared" for name in sorted(own.keys() - held - care.impersonal))
    yield from (
        f"{name} is declared and is no table" for name in sorted((held | care.impersonal) - own.keys())
    )
    yield from (f"{name} is declared twice" for name in sorted(held & care.impersonal))
    for name in sorted(care.impersonal & own.keys()):
        if found := about_people(own[name]) | references(own[name], held):
            yield f"{name} is said to hold nobody, and has {', '.join(sorted(found))}"
    sealed = {(one.table, one.key_column) for one in care.sealed}
    for name, table in sorted(own.items()):
        for column in table.columns:
            if column.name.endswith("key_id") and (name, column.name) not in sealed:
                yield f"{name}.{column.name} names a key and is not declared as sealed"
    order = [one.table for one in care.holdings]
    for name in order:
        for parent in parents(own[name]) & held - {name}:
            if order.index(parent) < order.index(name):
                yield f"{parent} would be destroyed before {name}, which refers to it"


def about_people(table: sa.Table) -> set[str]:
    return {column.name for column in table.columns if column.name in PERSON_COLUMNS}


def parents(table: sa.Table) -> set[str]:
    return {key.column.table.name for key in table.foreign_keys}


def references(table: sa.Table, held: set[str]) -> set[str]:
    return {f"a key to {name}" for name in parents(table) & held}


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_every_table_of_a_service_is_declared(service: Service) -> None:
    assert list(faults(service)) == []


def test_the_register_of_the_gateway_holds_nobody() -> None:
    own = [table for table in GATEWAY.metadata.tables.values() if table.name not in CHASSIS_TABLES]
    assert [table.name for table in own if about_people(table)] == []


def test_every_table_of_the_chassis_is_declared() -> None:
    assert {one.table for one in CHASSIS_HOLDINGS} | CHASSIS_IMPERSONAL.keys() == set(CHASSIS_TABLES)


def test_a_table_with_a_person_that_nobody_declared_is_found() -> None:
    intake = next(one for one in ALL if one.name == "intake")
    metadata = sa.MetaData(schema="intake")
    for table in intake.metadata.tables.values():
        table.to_metadata(metadata)
    sa.Table("diary", metadata, sa.Column("inburgeraar_id", sa.Uuid), sa.Column("secret_key_id", sa.Text))
    planted = replace(intake, metadata=metadata)
    assert list(faults(planted)) == [
        "diary is not declared",
        "diary.secret_key_id names a key and is not declared as sealed",
    ]
    assert intake.care is not None
    said = replace(intake.care, impersonal=intake.care.impersonal | {"diary"})
    assert (
        next(iter(faults(replace(planted, care=said))))
        == "diary is said to hold nobody, and has inburgeraar_id"
    )
