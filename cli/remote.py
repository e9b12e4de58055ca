# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an operator asks of every service through the gateway: replays, keys, one person's export."""

import asyncio
import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cli.door import Door

__all__ = ["export_person", "key_uses", "page_of", "renew_keys", "replay"]

_OPERATOR = "operations"
_PATIENCE = 5
_LOOK_SECONDS = 1.0


def services_with(document: dict[str, Any], ending: str) -> Iterator[str]:
    """The services that have an operation, by the end of its path."""
    for path in sorted(document["paths"]):
        if path.endswith(ending):
            yield path.split("/")[1]


async def replay(url: str, service: str, asked: dict[str, Any]) -> int:
    """Have a service send kept events again; answers how many."""
    body = {name: value for name, value in asked.items() if value is not None}
    async with Door(url, patience=_PATIENCE) as door:
        answer = await door.post(_OPERATOR, f"/{service}/v1/operations/replays", body)
        return int(answer["events"])


async def key_uses(url: str) -> list[dict[str, Any]]:
    """Every key of every service with its rows."""
    async with Door(url, patience=_PATIENCE) as door:
        document = await door.get(_OPERATOR, "/openapi.json")
        return [
            {"service": service, **one}
            for service in services_with(document, "/v1/operations/keys")
            for one in (await door.get(_OPERATOR, f"/{service}/v1/operations/keys"))["items"]
        ]


async def renew_keys(url: str, *, say: Callable[[str], Any]) -> None:
    """Renew the keys of every service that has some, and tell how far it is."""
    async with Door(url, patience=_PATIENCE) as door:
        document = await door.get(_OPERATOR, "/openapi.json")
        for service in services_with(document, "/v1/operations/key-renewals"):
            path = f"/{service}/v1/operations/key-renewals"
            state = await door.post(_OPERATOR, path, None)
            while state["status"] in {"queued", "running"}:
                say(f"{service}: {state['progress']}%, {state['renewed']} rows")
                await asyncio.sleep(_LOOK_SECONDS)
                state = await door.get(_OPERATOR, f"{path}/{state['id']}")
            say(f"{service}: {state['status']}, {state['renewed']} rows")


async def export_person(url: str, who: str, person: str, folder: Path) -> list[Path]:
    """Write what every service holds of a person, for machines and for people; answers the two files."""
    async with Door(url, patience=_PATIENCE) as door:
        document = await door.get(who, "/openapi.json")
        parts = [
            await door.post(who, f"/{service}/v1/inburgeraars/{person}/exports", None)
            for service in services_with(document, "/v1/inburgeraars/{inburgeraarId}/exports")
        ]
    return _write(folder, person, parts)


def _write(folder: Path, person: str, parts: list[dict[str, Any]]) -> list[Path]:
    from embedded.environment import write_private  # noqa: PLC0415 - a token must not wait for this

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {
        folder / f"{person}.json": json.dumps(parts, indent=1, ensure_ascii=False),
        folder / f"{person}.html": page_of(parts),
    }
    for path, text in files.items():
        write_private(path, text.encode())
    return list(files)


def page_of(parts: list[dict[str, Any]]) -> str:
    """The parts as one page that any browser opens, without anything from elsewhere."""
    body = [f"<h1>Wat over u is vastgelegd</h1><p>Gemaakt op {html.escape(parts[0]['madeAt'])}.</p>"]
    for part in parts:
        body.append(f"<h2>{html.escape(part['title'])}</h2>")
        body.extend(f"<h3>{html.escape(one['title'])}</h3>{_table(one['rows'])}" for one in part["parts"])
    return (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Wat over u is vastgelegd</title>'
        '<meta name="viewport" content="width=device-width"><style>body{font-family:sans-serif;margin:1rem}'
        "table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #666;"
        "padding:.25rem;text-align:left;vertical-align:top}</style></head><body><main>"
        + "".join(body)
        + "</main></body></html>"
    )


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    lines = (
        "<tr>" + "".join(f"<td>{html.escape(_text(row.get(name)))}</td>" for name in names) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
