# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Generate docs/settings.md from the code that reads the settings: `python -m tools.settings FILE`."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from pydantic_settings import BaseSettings

from chassis.settings import ServiceSettings

REPOSITORY = Path(__file__).parents[1]
PLACES = ("chassis", "gateway", "portal", "services/*", "embedded", "demo", "cli")

INTRODUCTION = """\
<!-- SPDX-FileCopyrightText: Open Inburgering contributors
     SPDX-License-Identifier: EUPL-1.2
     Made by `make settings` from the code; a test compares them. -->
# Settings

All settings are environment variables, read once at the start. A value that does not fit stops the process
with the name of the variable and what was expected. Lists and maps are JSON. Secrets are never printed.

`make demo` needs none of them.
"""


def settings_classes() -> Iterator[type[BaseSettings]]:
    """Yield every settings class of the product, the platform's own first."""
    for place in PLACES:
        for path in sorted(REPOSITORY.glob(f"{place}/settings.py")):
            name = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == name:
                    yield value


def title(settings: type[BaseSettings]) -> str:
    """Return the heading of a class: whose settings these are."""
    if settings is ServiceSettings:
        return "Every service"
    package = settings.__module__.removesuffix(".settings").removeprefix("services.").replace("_", "-")
    words = settings.__name__.removesuffix("Settings")
    return words if package in {"chassis", "embedded"} else package


def section(settings: type[BaseSettings]) -> str:
    """Return the chapter of one class."""
    of_a_service = issubclass(settings, ServiceSettings) and settings is not ServiceSettings
    inherited = ServiceSettings.model_fields if of_a_service else {}
    prefix = settings.model_config.get("env_prefix", "")
    if settings is ServiceSettings:
        prefix = "<SERVICE>_"
    rows = [
        f"| {variable(prefix, name, field)} | {kind(settings, name)} | {default(field)} "
        f"| {cell(field.description or '')} |"
        for name, field in settings.model_fields.items()
        if name not in inherited or field.default != inherited[name].default
    ]
    if not rows:
        return ""
    head = ["| variable | value | default | meaning |", "|---|---|---|---|"]
    introduction = cell((settings.__doc__ or "").strip().partition("\n\n")[0])
    return "\n".join([f"## {title(settings)}", "", introduction, "", *head, *rows, ""])


def variable(prefix: str, name: str, field: FieldInfo) -> str:
    """Return the environment variables that set a field, the one that wins first."""
    match field.validation_alias:
        case None:
            names = [f"{prefix}{name}"]
        case AliasChoices(choices=choices):
            names = [str(choice) for choice in choices]
        case alias:
            names = [str(alias)]
    return ", ".join(f"`{one.upper()}`" for one in names)


def kind(settings: type[BaseSettings], name: str) -> str:
    """Return what a value looks like, from the JSON Schema of the field."""
    field = settings.model_fields[name]
    if "SecretStr" in str(field.annotation):
        return "secret"
    schema: dict[str, Any] = settings.model_json_schema(by_alias=False)["properties"][name]
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    schema = {**schema, **choices[0]} if choices else schema
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    words: dict[str, str] = {
        "array": "JSON list",
        "object": "JSON object",
        "boolean": "`true` or `false`",
        "number": "number",
        "integer": "whole number",
    }
    text = words.get(
        str(schema.get("type")), str(schema.get("format", "text")).replace("date-time", "instant")
    )
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{text}, {low} to {high}"
    if low is not None:
        return f"{text}, {'above' if 'exclusiveMinimum' in schema else 'from'} {low}"
    return text


def default(field: FieldInfo) -> str:
    """Return the default as one would write it; a secret's is not shown."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr) or value is None or value in ("", [], {}):
        return ""
    plain = to_jsonable_python(value)
    return f"`{plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)}`"


def cell(text: str) -> str:
    """Return a text that fits in one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def page() -> str:
    """Return the whole page."""
    chapters = [INTRODUCTION, *(section(settings) for settings in settings_classes())]
    return "\n".join(chapter for chapter in chapters if chapter)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
