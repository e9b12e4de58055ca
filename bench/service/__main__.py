# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m bench.service serve`, without a reader."""

from bench.service.app import QUIET
from chassis.run import main

main(QUIET)
