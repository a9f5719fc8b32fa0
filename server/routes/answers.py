"""What goes back: pages, refusals as JSON or as a page, cookies. Shell (asyncio, fastapi)."""

from __future__ import annotations

import http
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from billing_hooks import errors as billing_errors
from media import errors as media_errors
from server import identity, logs, pages
from server.db import practices
from server.db.practices import Practice
from server.errors import Malformed, Refused
from server.identity import StaffHere
from server.ports import Front
from server.routes.asking import house_of, staff_token
from signaling import errors as signaling_errors

_REFUSED: Final = (
    Refused,
    signaling_errors.Refused,
    media_errors.Refused,
    billing_errors.Refused,
)
_MALFORMED: Final = (
    Malformed,
    signaling_errors.Malformed,
    media_errors.Malformed,
    billing_errors.Malformed,
)
# What is not here: 409 for a refusal (the state of things does not allow it now), 400 for what does not parse.
_STATUS: Final = {
    "signed-out": 401,
    "replaced": 401,
    "link-revoked": 401,
    "link-withdrawn": 401,
    "bad-signature": 401,
    "stale-timestamp": 401,
    "not-allowed": 403,
    "not-your-visit": 403,
    "cross-site": 403,
    "sign-in-refused": 403,
    "client-unknown": 404,
    "client-forgotten": 404,
    "clinician-unknown": 404,
    "link-missing": 404,
    "link-unknown": 404,
    "no-such-visit": 404,
    "page-unknown": 404,
    "place-unknown": 404,
    "probe-unknown": 404,
    "service-unknown": 404,
    "staff-unknown": 404,
    "visit-unknown": 404,
    "encounter-unknown": 404,
    "coverage-unknown": 404,
    "card-unknown": 404,
    "import-unknown": 404,
    "event-unknown": 404,
    "rule-unknown": 404,
    "task-unknown": 404,
    "guest-unknown": 404,
    "question-unknown": 404,
    "note-unknown": 404,
    "plan-unknown": 404,
    "estimate-unknown": 404,
    "reference-unknown": 404,
    "link-expired": 410,
    "too-large": 413,
    "not-json": 415,
    "probe-running": 429,
    "too-many-tries": 429,
    "busy": 503,
    "passwords-unavailable": 503,
}
_TITLE: Final = {
    401: "Please sign in",
    403: "Not for your role",
    404: "Page not found",
    410: "This link has expired",
    429: "Too many tries",
    500: "Something went wrong",
    503: "One moment, please",
}


class TooManyTries(Refused):
    """Refused for a while; `wait` is how long."""

    def __init__(self, say: str, wait: timedelta) -> None:
        super().__init__("too-many-tries", say)
        self.wait = wait


def page(name: str, practice: Practice, staff: StaffHere | None, **more: Any) -> HTMLResponse:
    """A page of ours."""
    return HTMLResponse(pages.render(name, practice=practice, staff=staff, **more))


def elsewhere(path: str) -> RedirectResponse:
    """Go there with a GET."""
    return RedirectResponse(path, status_code=303)


def set_cookie(response: Response, name: str, value: str, life: timedelta | None = None) -> None:
    """One of our two cookies. Without `life` it goes when the browser closes."""
    seconds = None if life is None else max(0, int(life.total_seconds()))
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")


def drop_cookie(response: Response, name: str) -> None:
    """Ask the browser to forget it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")


def install(app: FastAPI) -> None:
    """Make the application answer refusals, malformed input, unknown pages and bugs in our words."""
    known: dict[int, Practice] = {}  # the practice as last read: its phone matters most when the database is away

    async def practice_of(front: Front) -> Practice | None:
        try:
            async with front.shelf.work() as work:
                known[0] = await practices.read(work)
        except Exception as error:  # whatever failed, the first failure is the one to answer
            logs.log.warning("practice-unreadable", error=type(error).__qualname__)
        return known.get(0)

    async def answer(
        request: Request, status: int, code: str, say: str, wait: timedelta | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        front = house_of(request)
        path = request.url.path
        headers = {} if wait is None else {"retry-after": str(max(1, int(wait.total_seconds())))}
        if path.startswith(("/api/", "/.well-known/", "/static/")) or request.method != "GET":
            content: dict[str, Any] = {"code": code, "say": say}
            if fields is not None:
                content["fields"] = dict(fields)
            if path.startswith(("/api/client", "/api/join", "/api/guest")):
                practice = await practice_of(front)
                if practice is not None:
                    content["phone"] = practice.phone
            return JSONResponse(content, status, headers)
        if code == "signed-out":
            return elsewhere("/sign-in" if path == "/" else f"/sign-in?from={quote(path)}")
        practice = await practice_of(front)
        staff = await _staff_if_any(request, front)
        title = _TITLE.get(status, "This did not work")
        context = {"status": status, "title": title, "say": say, "practice": practice, "staff": staff}
        return HTMLResponse(pages.render("problem.html", **context), status, headers)

    async def refused(request: Request, error: Exception) -> Response:
        code, say = str(getattr(error, "code", "refused")), str(getattr(error, "say", ""))
        usual = 400 if isinstance(error, _MALFORMED) else 409
        # What is wrong with a form stands beside its fields (`billing_hooks.field_errors.WrongFields`).
        fields = getattr(error, "fields", None)
        return await answer(request, _STATUS.get(code, usual), code, say, getattr(error, "wait", None), fields)

    async def not_as_expected(request: Request, error: Exception) -> Response:
        errors = cast(RequestValidationError, error).errors()
        where = [str(part) for part in errors[0]["loc"] if isinstance(part, str) and part != "body"]
        named = f" Look at: {where[-1].replace('_', ' ')}." if where else ""
        return await answer(request, 400, "malformed", f"Something is missing or not written as expected.{named}")

    async def by_status(request: Request, error: Exception) -> Response:
        status = cast(HTTPException, error).status_code
        if status == 404:
            return await answer(request, 404, "page-unknown", "There is nothing at this address: check it again.")
        phrase = http.HTTPStatus(status).phrase
        code = phrase.lower().replace(" ", "-")
        return await answer(request, status, code, f"{phrase}: this cannot be done here.")

    async def bug(request: Request, error: Exception) -> Response:
        # the doorkeeper, to whom it goes on, logs it
        return await answer(
            request, 500, "bug", "Something went wrong on our side. Please try again; if it stays, call us."
        )

    for kind in (*_REFUSED, *_MALFORMED):
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(RequestValidationError, not_as_expected)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(Exception, bug)


async def _staff_if_any(request: Request, front: Front) -> StaffHere | None:
    try:
        async with front.shelf.work() as work:
            return await identity.staff(work, staff_token(front.shelf, request))
    except (Refused, Malformed):
        return None
    except Exception as error:  # a page about a failure must not fail for the same reason
        logs.log.warning("practice-unreadable", error=type(error).__qualname__)
        return None
