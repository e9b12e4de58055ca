# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P03: through the gateway to a real service, beside straight to the service and through nginx."""

from collections.abc import Callable
from contextlib import ExitStack

from bench import peers
from bench.lab import Lab
from bench.load import Request
from bench.parts.p01 import BODY, PATH
from bench.parts.p02 import proxy_server
from bench.platform import member
from bench.results import Part, Sample, Target, ratio_figure, rounds, value_figure
from bench.service.app import QUIET
from contracts.access import Role

__all__ = ["measure"]


def _loaded(url: str, request: Request, seconds: float) -> Callable[[], Sample]:
    def run() -> Sample:
        # On all processors: that is how the two processes and their caller share a machine.
        many = request.run(url, connections=32, seconds=seconds, core=None)
        if many.refused or many.broken:
            raise RuntimeError(f"{url}: {many.refused} refused, {many.broken} broken of {many.requests}")
        return Sample(
            {"perSecond": many.per_second, "p50Milliseconds": many.p50, "p99Milliseconds": many.p99},
            many.window.foreign,
        )

    return run


def measure(lab: Lab) -> Part:
    """The service of P01 behind the gateway, all on the processors that there are."""
    part = Part("P03", "Gateway and service, end to end", lab.sizes.name)
    installation = lab.installation
    register = lab.run(installation.gateway_database())
    database = lab.run(installation.database(QUIET))
    json_type = {"Content-Type": "application/json"}
    with ExitStack() as stack:
        service = stack.enter_context(installation.service(QUIET, "bench.service", database, core=None))
        door = stack.enter_context(installation.gateway(register, {"bench": service.url}, core=None))
        port = peers.free_port()
        stack.enter_context(peers.nginx(lab.home / "p03", proxy_server(port, service.port), port=port))
        token = installation.token(door.url, member(Role.TEACHER))
        granted = Request("POST", BODY, {**json_type, **installation.grant(Role.TEACHER)})
        seconds = lab.sizes.seconds
        found = rounds(
            {
                "through the gateway": _loaded(
                    door.url + PATH, Request("POST", BODY, {**json_type, **token}), seconds
                ),
                "straight to the service": _loaded(service.url + PATH, granted, seconds),
                "through nginx": _loaded(f"http://127.0.0.1:{port}{PATH}", granted, seconds),
            },
            times=lab.sizes.rounds,
        )
    part.series = list(found.values())
    ours, direct = found["through the gateway"], found["straight to the service"]
    part.figures = [
        ratio_figure("req/s, c32", ours, direct, "perSecond", target=Target(0.40, 0.55)),
        ratio_figure("nginx instead of the gateway, req/s", found["through nginx"], direct, "perSecond"),
        value_figure("p99, c32", ours, "p99Milliseconds", "ms"),
    ]
    return part
