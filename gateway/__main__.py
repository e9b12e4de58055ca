# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway as a process of its own: `python -m gateway serve|migrate|openapi|keys`."""

from gateway.process import main

main()
