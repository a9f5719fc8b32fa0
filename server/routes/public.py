"""What anybody may fetch: health, the published key set, and `web`'s static files. Shell (asyncio, fastapi)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse

from server.errors import Refused
from server.routes.asking import House
from server.signing_keys import SigningKeys
from web import FOLDER

TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
}
_FOLDERS: Final = ("js", "css", "icons", "fonts", "sounds")


def static_file(path: str) -> Path | None:
    """The file served at /static/<path>: of a known kind, in one of the open folders or beside them; else None."""
    wanted = (FOLDER / path).resolve()
    if not wanted.is_relative_to(FOLDER) or wanted.suffix not in TYPES or not wanted.is_file():
        return None
    parts = wanted.relative_to(FOLDER).parts
    return wanted if len(parts) == 1 or parts[0] in _FOLDERS else None


def router() -> APIRouter:
    """The public routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    @routes.get("/.well-known/jwks.json")
    async def key_set(front: House) -> Response:
        published = await SigningKeys(front.engine, front.runtime.keys).key_set()
        return JSONResponse(published, media_type="application/jwk-set+json")

    @routes.get("/static/{path:path}")
    async def static(path: str) -> Response:
        wanted = static_file(path)
        if wanted is None:
            raise Refused("page-unknown", "There is no such file.")
        return FileResponse(wanted, media_type=TYPES[wanted.suffix])

    return routes
