# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The apps that are measured against each other, each a process: `python -m bench.apps.<name> PORT`."""
