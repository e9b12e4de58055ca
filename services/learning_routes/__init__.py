# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Learning routes: where people have their lessons, and what became of each lesson hour.

Owns providers with their quality marks, contracts with dated terms, placements, groups, lessons,
attendance with all its versions, the hour ledgers, and the signals that attendance gives. Does
not own the PIP decision (intake), the handling of signals (notifications) or invoices (finance).

Events in: persons and PIPs from intake; handled signals from notifications. Events out: those of
`contracts.learning_routes`.
"""
