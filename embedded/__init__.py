# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Running the whole platform on one machine, with nothing installed but Python.

`app` puts every service, the gateway and the portal in one process; `supervisor` gives each its
own process; `postgres` starts the PostgreSQL that pip installed; `folder` is where all of it
keeps its files. No rule of the field and no data lives here.
"""
