# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Outside parties: the files of taalscholen, in their own words and forms."""
