# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The people's screens: server-rendered Dutch pages on NL Design System CSS.

Owns no data and no rule: an ordinary client of the gateway, that signs people in by authorization
code with PKCE and shows what the gateway lets them see. Everything it serves stands below
`/portal/`. Every page works without JavaScript; htmx only saves a roll call row by row.
"""
