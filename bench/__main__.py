# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m bench [P01 …] [--smoke]`: measure, keep, print."""

from bench.command import main

main()
