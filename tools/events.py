# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Write what the platform publishes: a JSON Schema per event and one AsyncAPI document.

`python -m tools.events` refuses a change that a reader of the last release could not take: such a
change is a new event with a higher version, published beside the old one for a while.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from contracts.event import Event
from contracts.registry import all_events

REPOSITORY = Path(__file__).parents[1]
SCHEMAS = REPOSITORY / "contracts" / "schemas"
ASYNCAPI = REPOSITORY / "docs" / "asyncapi.yaml"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each event's data, by CloudEvents type."""
    made = {}
    for type_name, kind in sorted(all_events().items()):
        schema = kind.model_json_schema(by_alias=True, mode="serialization")
        # A reader takes fields that it does not know: the next minor version adds some.
        schema["additionalProperties"] = True
        made[type_name] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:open-inburgering:{type_name}",
            **schema,
        }
    return made


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What in `new` a reader of `old` could not take: fields gone, no longer certain, or of another form."""
    found = []
    new_fields = new.get("properties", {})
    for name, form in old.get("properties", {}).items():
        if name not in new_fields:
            found.append(f"field {name} is gone")
        elif _form(form) != _form(new_fields[name]):
            found.append(f"field {name} has another form")
        elif name in old.get("required", []) and name not in new.get("required", []):
            found.append(f"field {name} is no longer certain to be there")
    for name, part in old.get("$defs", {}).items():
        if name in new.get("$defs", {}):
            found += [f"{name}: {one}" for one in breaks(part, new["$defs"][name])]
    return found


def _form(field: dict[str, Any]) -> Any:
    """A field without the words about it."""
    return {key: value for key, value in field.items() if key not in {"title", "description"}}


def asyncapi() -> dict[str, Any]:
    """One document with every topic, its events and their key."""
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for type_name, kind in sorted(all_events().items()):
        name = _name(kind)
        service = kind.service()
        channels.setdefault(
            service,
            {
                "address": kind.topic(),
                "description": f"Everything that {service} publishes; dead letters in {kind.topic()}.dlq.",
                "messages": {},
                "bindings": {"kafka": {"topic": kind.topic(), "partitions": 12}},
            },
        )["messages"][name] = {"$ref": f"#/components/messages/{name}"}
        operations.setdefault(service, {"action": "send", "channel": {"$ref": f"#/channels/{service}"}})
        key = kind.model_fields[kind.key].alias or kind.key
        messages[name] = {
            "name": type_name,
            "title": name,
            "summary": (kind.__doc__ or "").strip().splitlines()[0],
            "contentType": "application/json",
            "bindings": {
                "kafka": {
                    "key": {
                        "type": "string",
                        "description": f"The value of {key}: events with one key stay in order.",
                    }
                }
            },
            "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
            "payload": {"$ref": f"../contracts/schemas/{type_name}.json"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Open Inburgering events",
            "version": "1.0.0",
            "description": (
                "CloudEvents 1.0 in the NL GOV profile, binary mode on Kafka. At least once, in order per key; "
                "`ce_id` with `ce_source` is the key to recognise a repetition. Data holds ids, dates and codes, "
                "never a personal number, a name or free text. `ce_time` is when the fact was recorded; legal days "
                "stand in the data."
            ),
            "license": {"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/licence/eupl-12"},
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": {
                "CloudEventHeaders": {
                    "type": "object",
                    "required": [
                        "ce_id",
                        "ce_source",
                        "ce_specversion",
                        "ce_type",
                        "ce_time",
                        "ce_subject",
                        "content-type",
                    ],
                    "properties": {
                        "ce_id": {"type": "string", "format": "uuid"},
                        "ce_source": {"type": "string", "pattern": r"^urn:nld:oin:\d{20}:systeem:[a-z-]+$"},
                        "ce_specversion": {"const": "1.0"},
                        "ce_type": {"type": "string"},
                        "ce_time": {
                            "type": "string",
                            "format": "date-time",
                            "description": "When the fact was recorded.",
                        },
                        "ce_subject": {"type": "string", "description": "Id of the aggregate; opaque."},
                        "ce_partitionkey": {"type": "string"},
                        "ce_aggregateversion": {
                            "type": "string",
                            "description": "Rises with each change of the aggregate.",
                        },
                        "ce_gemeentecode": {
                            "type": "string",
                            "pattern": "^[0-9]{4}$",
                            "description": "The responsible gemeente.",
                        },
                        "ce_traceparent": {"type": "string"},
                        "content-type": {"const": "application/json"},
                    },
                }
            },
        },
    }


def _name(kind: type[Event]) -> str:
    return kind.__name__


def text_of(schema: dict[str, Any]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def asyncapi_text() -> str:
    """The AsyncAPI document as it is committed."""
    head = "# SPDX-FileCopyrightText: Open Inburgering contributors\n# SPDX-License-Identifier: EUPL-1.2\n"
    return head + yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110)


def main() -> int:
    """Write all, or say what may not change and write nothing."""
    made = schemas()
    faults = []
    for path in sorted(SCHEMAS.glob("*.json")):
        if path.stem not in made:
            faults.append(f"{path.stem}: the event is gone")
        else:
            faults += [f"{path.stem}: {one}" for one in breaks(json.loads(path.read_text()), made[path.stem])]
    if faults:
        print(
            "Readers of the last release could not take this; publish a new version beside the old one:",
            *faults,
            sep="\n  ",
        )
        return 1
    SCHEMAS.mkdir(exist_ok=True)
    for type_name, schema in made.items():
        (SCHEMAS / f"{type_name}.json").write_text(text_of(schema))
    ASYNCAPI.write_text(asyncapi_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
