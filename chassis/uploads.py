# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A file that comes as a form, as browsers send it."""

from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, create_form_parser

from chassis.errors import FieldError, InvalidInput, TooLarge

__all__ = ["FORM_BYTES", "file_in_form"]

FORM_BYTES = 64 * 1024
"""What a form may hold around its file."""

_MOST_PARTS = 10


def file_in_form(request: Request, body: bytes, *, most: int) -> bytes:
    """The file of a form, kept in memory: it is about people, so it does not go to a temporary folder.

    Raises:
        InvalidInput: the form cannot be read, or has no field `file`.
        TooLarge: the file in it is too large.
    """
    files: list[bytes] = []
    parts = 0

    def count(_: Any) -> None:
        nonlocal parts
        parts += 1
        if parts > _MOST_PARTS:
            raise FormParserError("too many parts")

    def keep(file: File) -> None:
        count(file)
        if file.field_name == b"file":
            file.file_object.seek(0)
            files.append(file.file_object.read())
        file.close()

    try:
        parser = create_form_parser(
            {"Content-Type": request.headers["content-type"].encode()},
            count,
            keep,
            {"MAX_MEMORY_FILE_SIZE": most + FORM_BYTES},
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeError) as fault:
        raise InvalidInput(
            "Het formulier kan niet worden gelezen.",
            errors=[FieldError("form", "Stuur één bestand in het veld 'file'.", parameter="file")],
        ) from fault
    if len(files) != 1:
        raise InvalidInput(
            "Het formulier heeft geen bestand, of meer dan één.",
            errors=[FieldError("required", "Stuur één bestand in het veld 'file'.", parameter="file")],
        )
    if len(files[0]) > most:
        raise TooLarge(f"Het bestand mag ten hoogste {most} bytes zijn.")
    return files[0]
