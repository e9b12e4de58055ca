# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Housing: who waits for a house, which dwellings there are, and what becomes of both.

Owns households and their links (TVS), dwellings with the rules of their corporations, matches with
their steps, exchanges between gemeenten (uitruil), the taakstelling with its account, and the
interventieladder. Does not own names (intake), deadlines that fire (notifications) or money (finance).

Events in: persons from intake. Events out: those of `contracts.housing`.
"""
