# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A POST that is sent twice is done once: the first answer is kept under the sender's own key."""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
from fastapi import Request, Response
from python_multipart.multipart import parse_options_header

from chassis.access import Access
from chassis.crypto import FieldCipher, Sealed
from chassis.db import Tx
from chassis.errors import FieldError, IdempotencyKeyInUse, IdempotencyKeyReused, InvalidInput

__all__ = ["answer_once", "key_of", "without_boundary"]

_KEPT_HEADERS = ("content-type", "location", "etag")
_KEY_FORM = re.compile(r"[!-~]{1,255}")  # the form that chassis/openapi.py documents


def key_of(request: Request, headers: Mapping[bytes, str], rights: Access) -> str | None:
    """The key of a POST, if it has one and the operation takes one.

    Raises:
        InvalidInput: there must be one, or it has another form than documented.
    """
    if request.method != "POST" or rights.idempotency is None:
        return None
    key = headers.get(b"idempotency-key")
    if key is None:
        if rights.idempotency == "required":
            raise InvalidInput(
                "De header Idempotency-Key is hier verplicht.",
                errors=[
                    FieldError(
                        "required", "Stuur een eigen, unieke sleutel mee.", parameter="Idempotency-Key"
                    )
                ],
            )
        return None
    if not _KEY_FORM.fullmatch(key):
        raise InvalidInput(
            "De header Idempotency-Key heeft niet de goede vorm.",
            errors=[
                FieldError(
                    "form", "1 tot 255 leesbare ASCII-tekens zonder spatie.", parameter="Idempotency-Key"
                )
            ],
        )
    return key


def without_boundary(request: Request, body: bytes) -> bytes:
    """The body, the same for the same parts: a client makes a new multipart boundary for each request."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    return body if not boundary else body.replace(boundary, b"boundary")


async def answer_once(
    tx: Tx,
    request: Request,
    *,
    schema: str,
    scope: str,
    key: str,
    handler: Callable[[Request], Awaitable[Response]],
) -> Response:
    """Answer a POST with a key once; a repetition gets the kept answer.

    Only successes are kept: a refusal stored nothing, so asking again is safe.

    Args:
        tx: the transaction in which the request is answered; the answer is kept in it.
        request: the POST, its body read.
        schema: of the service.
        scope: who sends what to where; the same key of another sender is another key.
        key: as the sender chose it.
        handler: answers it when it is the first time.

    Raises:
        IdempotencyKeyInUse: the first request is still under way.
        IdempotencyKeyReused: the first request was another one.
    """
    body = without_boundary(request, await request.body())
    parameters = str(sorted(request.path_params.items())) + str(request.url.query)
    # An answer can hold personal data: it is kept under a key that only who sent the request knows.
    sealer = FieldCipher({"sender": hashlib.sha256(f"answer|{scope}|{key}".encode()).digest()})
    digest = hmac.digest(key.encode(), body + parameters.encode(), hashlib.sha256)
    lock = {"name": f"{schema}|{scope}|{key}"}
    if not await tx.scalar(sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 7))"), lock):
        raise IdempotencyKeyInUse("Wacht op het antwoord op het eerste verzoek.")
    place = {"scope": scope, "key": hashlib.sha256(key.encode()).hexdigest()}
    kept = (
        await tx.execute(
            sa.text(
                f"SELECT body_hash, status, headers, body FROM {schema}.idempotency_key "
                "WHERE scope = :scope AND key = :key"
            ),
            place,
        )
    ).one_or_none()
    if kept is not None:
        if bytes(kept.body_hash) != digest:
            raise IdempotencyKeyReused("De inhoud verschilt van die van het eerste verzoek.")
        opened = sealer.open(Sealed("sender", bytes(kept.body)), bound_to=scope).encode("latin-1")
        return Response(opened, kept.status, headers={**kept.headers, "Idempotency-Replayed": "true"})
    response = await handler(request)
    await tx.execute(
        sa.text(
            f"INSERT INTO {schema}.idempotency_key (scope, key, body_hash, status, headers, body) "
            "VALUES (:scope, :key, :hash, :status, CAST(:headers AS jsonb), :body)"
        ),
        {
            **place,
            "hash": digest,
            "status": response.status_code,
            "headers": json.dumps(
                {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            ),
            "body": sealer.seal(bytes(response.body).decode("latin-1"), bound_to=scope).ciphertext,
        },
    )
    return response
