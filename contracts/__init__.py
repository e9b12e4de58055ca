# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What crosses a service border: the published events, and the words of access.

Imports pydantic only, so that anyone can read an event without the rest of the platform.
"""
