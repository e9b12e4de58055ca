# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command `open-inburgering`: each subcommand calls one public function of another package."""
