# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person can mend, said in a sentence."""

__all__ = ["BackupFault"]


class BackupFault(RuntimeError):
    """A backup or a restore cannot be made; the text says why and what to do, without any secret."""
