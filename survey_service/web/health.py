"""Whether the process lives, and whether it can do its work."""

from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State

from survey_service.operations.installation import Installation
from survey_service.operations.readiness import Finding, readiness

LEAVING = Finding(name="leaving", is_ok=False, detail="This process was told to stop. Send requests to another one.")

_UNAVAILABLE = 503


@get("/health/live", media_type=MediaType.TEXT, tags=["health"], summary="The process answers")
async def live() -> str:
    return "live"


@get("/health/ready", tags=["health"], summary="Database, keys and disk are as they must be")
async def ready(request: Request[Any, Any, State]) -> Response[bytes]:
    installation = request.app.state["installation"]
    if not isinstance(installation, Installation):
        raise TypeError(type(installation))
    findings = await readiness(installation)
    if request.app.state.get("is_leaving"):
        findings = (*findings, LEAVING)
    is_ready = all(finding.is_ok for finding in findings)
    body = msgspec.json.encode({"ready": is_ready, "findings": findings})
    return Response(
        body,
        status_code=200 if is_ready else _UNAVAILABLE,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )
