"""Where the biller's files arrive, part by part, and where a page asks how far a task is. Shell (fastapi).

Reading a file takes longer than the process that forwards media may give: it is kept in parts and read by the jobs
process.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints
from starlette.responses import JSONResponse

from billing_hooks.errors import Malformed
from billing_hooks.page_frame import Who, now
from billing_hooks.store import Store
from billing_hooks.store_tasks import Task, TaskKind
from billing_hooks.x12_envelopes import LARGEST

# A file of replies may be as large as one payment for a hundred thousand claims; the store counts its bytes.
_MOST_REPLY_PARTS = 4000


class FileWish(BaseModel):
    """The beginning of a file."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["rule_file", "fee_file", "code_pack", "reply_file"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class PartWish(BaseModel):
    """One part of a file, in base64."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[StrictInt, Field(ge=0, le=_MOST_REPLY_PARTS)]
    content: Annotated[str, StringConstraints(max_length=60_000)]


class Nothing(BaseModel):
    """The body `{}`."""

    model_config = ConfigDict(extra="forbid")


def create_files_pages(store: Store, who: Who) -> APIRouter:
    """The routes under /billing: POST `/files`, `/files/{task}/parts`, `/files/{task}/end`; GET `/tasks/{task}`."""
    routes = APIRouter()

    @routes.post("/files")
    async def begin(request: Request, wish: FileWish) -> JSONResponse:
        biller = await who(request)
        name = "".join(letter for letter in wish.name if letter.isprintable()) or "the file"
        told = {"name": name, "by_name": biller.name}
        if wish.kind == "reply_file":
            file = await store.begin_received(biller.practice, way="upload", by=biller.id, at=now())
            told = {"file": file, "zone": biller.zone}
        return JSONResponse(
            {"task": await store.begin_file(biller.practice, TaskKind(wish.kind), told, biller.id, now())}
        )

    @routes.post("/files/{task}/parts")
    async def part(request: Request, task: str, wish: PartWish) -> JSONResponse:
        biller = await who(request)
        try:
            content = base64.b64decode(wish.content, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("bad-encoding", "A part of the file did not arrive whole: give the file again.") from None
        found = await store.task(biller.practice, task)
        if found.kind is TaskKind.REPLY_FILE:
            await store.add_received(biller.practice, str(found.wish["file"]), wish.part, content, LARGEST)
        else:
            await store.add_part(biller.practice, task, wish.part, content)
        return JSONResponse({})

    @routes.post("/files/{task}/end")
    async def end(request: Request, task: str, wish: Nothing) -> JSONResponse:
        biller = await who(request)
        found = await store.task(biller.practice, task)
        if found.state != "sending":
            return JSONResponse({})  # the answer to the first time was lost
        async with store.work() as work:
            if found.kind is TaskKind.REPLY_FILE:
                await store.end_received(work, biller.practice, str(found.wish["file"]))
            await store.end_file(work, biller.practice, task)
        return JSONResponse({})

    @routes.get("/tasks/{task}")
    async def look(request: Request, task: str) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(shown(await store.task(biller.practice, task)))

    return routes


def shown(task: Task) -> dict[str, Any]:
    """A task as its page follows it."""
    return {
        "task": task.id, "kind": task.kind.value, "state": task.state, "done": task.done, "total": task.total,
        "outcome": task.outcome,
    }  # fmt: skip
