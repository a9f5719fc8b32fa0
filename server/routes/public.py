"""What anybody may fetch: health, the published key set, and `web`'s static files. Shell (asyncio, fastapi)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from server import static_files
from server.errors import Refused
from server.routes.asking import House
from server.signing_keys import SigningKeys


def router() -> APIRouter:
    """The public routes."""
    routes = APIRouter(include_in_schema=False)
    files = static_files.read_all()

    @routes.get("/healthz")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    @routes.get("/.well-known/jwks.json")
    async def key_set(front: House) -> Response:
        published = await SigningKeys(front.engine, front.runtime.keys).key_set()
        return JSONResponse(published, media_type="application/jwk-set+json")

    @routes.api_route("/static/{path:path}", methods=["GET", "HEAD"])
    async def static(path: str, request: Request) -> Response:
        wanted = files.get(path)
        if wanted is None:
            raise Refused("page-unknown", "There is no such file.")
        tag = {"etag": wanted.tag}
        if static_files.unchanged(", ".join(request.headers.getlist("if-none-match")), wanted.tag):
            return Response(status_code=304, headers=tag)
        if request.method == "HEAD":
            length = {"content-length": str(len(wanted.content))}
            return Response(headers={**tag, **length}, media_type=wanted.kind)
        return Response(wanted.content, headers=tag, media_type=wanted.kind)

    return routes
