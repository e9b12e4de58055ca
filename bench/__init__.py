# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How fast the platform is, always as a ratio to a peer that does the same in the same minutes.

`python -m bench` measures P01 to P08; docs/performance.md explains the method and holds the table.
"""
