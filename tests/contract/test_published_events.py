# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What crosses a service border is written down, and changes only in ways that its readers can take."""

import copy
import json
import re

import pytest

from contracts.event import Event
from contracts.registry import all_events
from tools.events import ASYNCAPI, SCHEMAS, asyncapi_text, breaks, schemas, text_of

FORBIDDEN = re.compile(
    r"(bsn|vnumber|v_number|name|address|phone|email|health|note|reason_text)", re.IGNORECASE
)
CODES = {"reason", "end_reason"}  # codes in kebab case, not text
KINDS = sorted(all_events().items())


def test_the_committed_schemas_are_those_of_the_code() -> None:
    made = schemas()
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(made)
    for type_name, schema in made.items():
        assert (SCHEMAS / f"{type_name}.json").read_text() == text_of(schema), "run python -m tools.events"
    assert ASYNCAPI.read_text() == asyncapi_text(), "run python -m tools.events"


@pytest.mark.parametrize(("type_name", "kind"), KINDS, ids=[name for name, _ in KINDS])
def test_an_event_is_named_as_the_profile_asks_and_carries_no_personal_field(
    type_name: str, kind: type[Event]
) -> None:
    assert re.fullmatch(r"nl\.inburgering\.[a-z-]+\.[a-z-]+\.v[1-9]\d*", type_name)
    assert kind.topic() == f"inburgering.{type_name.split('.')[2]}.v1"
    assert kind.key in kind.model_fields
    for name in kind.model_fields:
        assert name in CODES or not FORBIDDEN.search(name), f"{type_name} carries {name}"


def _sample() -> dict[str, object]:
    schema = json.loads(text_of(schemas()["nl.inburgering.learning-routes.absence-signal-raised.v1"]))
    assert isinstance(schema, dict)
    return schema


def test_a_new_optional_field_is_a_change_that_readers_can_take() -> None:
    new = copy.deepcopy(_sample())
    new["properties"]["extra"] = {"type": "string"}  # type: ignore[index]
    assert breaks(_sample(), new) == []


@pytest.mark.parametrize("change", ["gone", "other-form", "uncertain", "deep"])
def test_a_change_that_readers_cannot_take_is_refused(change: str) -> None:
    new = copy.deepcopy(_sample())
    if change == "gone":
        del new["properties"]["signalId"]  # type: ignore[attr-defined]
    elif change == "other-form":
        new["properties"]["limit"] = {"type": "string"}  # type: ignore[index]
    elif change == "uncertain":
        new["required"].remove("inburgeraarId")  # type: ignore[attr-defined]
    else:
        del new["$defs"]["MissedLesson"]["properties"]["date"]  # type: ignore[index]
    assert breaks(_sample(), new) != []


def test_a_reader_takes_an_event_with_fields_it_does_not_know() -> None:
    for kind in all_events().values():
        assert kind.model_config.get("extra") == "ignore"
