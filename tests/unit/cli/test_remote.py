# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page that somebody gets who asked for all that is held on them."""

from typing import Any

from cli.remote import page_of, services_with

PARTS = [
    {
        "service": "intake",
        "title": "Intake",
        "madeAt": "2026-01-01T09:00:00Z",
        "parts": [
            {
                "title": "Namen",
                "rows": [{"familyName": "<script>alert(1)</script>", "givenNames": "Amal"}, {"since": None}],
            }
        ],
    }
]


def test_what_somebody_is_called_cannot_act_in_the_page() -> None:
    page = page_of(PARTS)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_row_without_a_field_keeps_its_place_in_the_table() -> None:
    page = page_of(PARTS)
    assert "<tr><td></td><td></td><td></td></tr>" in page
    assert '<html lang="nl">' in page
    assert "http" not in page, "the page asks nothing of anywhere else"


def test_the_services_that_have_an_operation_are_found_in_the_document() -> None:
    document: dict[str, dict[str, Any]] = {
        "paths": {"/intake/v1/operations/keys": {}, "/gateway/v1/me": {}, "/a/v1/operations/keys/x": {}}
    }
    assert list(services_with(document, "/v1/operations/keys")) == ["intake"]
