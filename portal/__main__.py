# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m portal` serves the portal as a process of its own."""

import uvicorn

from portal.app import create_app
from portal.build import build
from portal.settings import PortalSettings


def main() -> None:
    """Build the assets if they are not there yet, and serve."""
    settings = PortalSettings()
    build()
    uvicorn.run(
        create_app(settings), host=settings.host, port=settings.port, proxy_headers=True, access_log=False
    )


if __name__ == "__main__":
    main()
