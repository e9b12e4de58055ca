# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tests. A folder with fixtures of its own is a package: what it starts ends when its tests have run."""
