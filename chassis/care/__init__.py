# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Care for data, for every service: what is held of a person, its export, destruction and keys; backups.

A service declares what it holds (`holdings.Care`); everything here works from that declaration,
and a test refuses a table that no declaration covers.
"""
