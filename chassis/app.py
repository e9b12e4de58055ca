# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The web app of one service: its API under `/<name>/v1`, health and metrics beside it."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import problems
from chassis.access import GRANT_HEADER, GrantVerifier
from chassis.care.operations import router as care_router
from chassis.edge import Edge
from chassis.errors import Forbidden
from chassis.metrics import metrics
from chassis.openapi import document
from chassis.operations import router as operations_router
from chassis.routing import Beside, Operations
from chassis.service import Service
from chassis.settings import PlatformSettings
from chassis.web import Runtime

__all__ = ["api_app", "document_bytes", "openapi_document", "web_app"]


def api_app(service: Service, platform: PlatformSettings) -> FastAPI:
    """The API of a service, not yet running: enough for its OpenAPI document."""
    app = FastAPI(
        title=service.title,
        version=service.version,
        description=service.description,
        contact={
            "name": "Open Inburgering",
            "url": "https://open-inburgering.example/contact",
            "email": "team@open-inburgering.example",
        },
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        servers=[
            {"url": _https(platform.public_url) + f"/{service.name}/v1", "description": "Via de gateway"}
        ],
        root_path_in_servers=False,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        openapi_tags=None,
        # Traces, metrics and logs are the edge's; FastAPI would look for other ones at every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    routes = [*service.router.routes, *operations_router(service.schema).routes]
    if service.care is not None:
        routes += care_router(service.name, service.title, service.care).routes
    app.router.routes.extend(routes)
    app.openapi = lambda: _with_security(document(app))  # type: ignore[method-assign]
    problems.install(app, service.name)
    return app


def document_bytes(service: Service, platform: PlatformSettings) -> bytes:
    """The OpenAPI document of a service as it is sent."""
    return bytes(JSONResponse(openapi_document(service, platform)).body)


def openapi_document(service: Service, platform: PlatformSettings) -> dict[str, Any]:
    """The OpenAPI document of a service, without starting it."""
    return api_app(service, platform).openapi()


def web_app(service: Service, *, platform: PlatformSettings, runtime: Runtime, live: Any) -> ASGIApp:
    """The whole app of a running service.

    Args:
        service: which one.
        platform: settings of the platform.
        runtime: what its routes work with.
        live: the running parts (`chassis.run.Running`): status, readiness, settling, replay.
    """
    api = api_app(service, platform)
    api.state.runtime = runtime
    api.state.status = live.status
    api.state.replay = live.replay
    api.router.routes.append(Route("/openapi.json", _Published(api, service), methods=["GET"]))
    root = FastAPI(redirect_slashes=False, openapi_url=None, docs_url=None, redoc_url=None)
    problems.install(root, service.name)

    @root.get("/health/live")
    async def live_probe() -> dict[str, str]:
        return {"status": "live"}

    @root.get("/health/ready")
    async def ready_probe() -> JSONResponse:
        checks = await live.readiness()
        well = all(check["ok"] for check in checks.values())
        return JSONResponse(
            {"status": "ready" if well else "not-ready", "service": service.name, "checks": checks},
            200 if well else 503,
            headers=None if well else {"Retry-After": "2"},
        )

    @root.get("/metrics")
    async def expose() -> Response:
        return Response(metrics().expose(), media_type="text/plain; version=0.0.4")

    @root.post("/internal/v1/settle")
    async def settle(request: Request) -> dict[str, bool]:
        """Run every job that is due, relay what waits; answers whether all is quiet here."""
        verifier: GrantVerifier = runtime.verifier
        if not verifier.verify(request.headers.get(GRANT_HEADER)).has_role("administrator"):
            raise Forbidden("Alleen het platform zelf.")
        return {"quiet": await live.settle()}

    return Edge(
        Beside(f"/{service.name}/v1", Operations(api, api.routes), root),
        service=service.name,
        version=service.version,
        open_path=f"/{service.name}/v1/openapi.json",
    )


class _Published:
    """The OpenAPI document of a running service, kept as it is sent: the gateway asks for it again and again."""

    def __init__(self, api: FastAPI, service: Service) -> None:
        self._api = api
        self._service = service
        self._body: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._body is None:
            made = self._service.document
            self._body = bytes(JSONResponse(self._api.openapi()).body) if made is None else await made()
            self._api.openapi_schema = None  # opened it takes ten times as much
        await Response(self._body, media_type="application/json")(scope, receive, send)


def _with_security(made: dict[str, Any]) -> dict[str, Any]:
    made["components"].setdefault("securitySchemes", {})["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Toegangstoken van een toegelaten uitgever; de gateway controleert het.",
    }
    return made


def _https(url: str) -> str:
    """The design rules want an absolute https address; the demo itself is served on loopback without TLS."""
    return "https://" + url.split("://", 1)[1] if url.startswith("http://") else url
