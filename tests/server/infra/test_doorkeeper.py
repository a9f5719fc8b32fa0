"""The doorkeeper: the right name, method, origin and size, and the same headers on every answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server import headers
from server.doorkeeper import LARGEST_BODY, LARGEST_EVENT, LARGEST_NOTICE, Doorkeeper
from server.errors import Refused
from server.settings import Settings

HOST = "localhost:8443"
JSON = {"content-type": "application/json"}
SAME = {"sec-fetch-site": "same-origin"} | JSON


class Inner:
    """An application that answers what it got."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.sockets = 0
        self.failure: Exception | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            self.sockets += 1
            await send({"type": "websocket.accept"})
            return
        if self.failure is not None:
            raise self.failure
        message = await receive()
        self.bodies.append(message["body"])
        own = [
            (b"content-type", b"text/html"),
            (b"Cache-Control", b"public, max-age=9"),
            (b"x-frame-options", b"ALLOW"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b"fine"})


class Asked:
    """What came back."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        found = [(name.decode().lower(), value.decode()) for name, value in self.messages[0]["headers"]]
        assert len({name for name, _ in found}) == len(found), "no header twice"
        return dict(found)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def ask(
    door: Doorkeeper, method: str = "GET", path: str = "/", given: dict[str, str] | None = None, body: bytes = b""
) -> Asked:
    answer = Asked()
    chunks = [body[start : start + 16384] for start in range(0, len(body), 16384)] or [b""]
    messages = [
        {"type": "http.request", "body": chunk, "more_body": at < len(chunks) - 1} for at, chunk in enumerate(chunks)
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    named = {"host": HOST, **(given or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in named.items() if value],
    }
    await door(scope, receive, answer.send)
    return answer


@pytest.fixture
def inner() -> Inner:
    return Inner()


@pytest.fixture
def door(inner: Inner, settings: Settings) -> Doorkeeper:
    return Doorkeeper(inner, settings)


async def test_every_answer_carries_the_headers_once_and_ours_win(door: Doorkeeper) -> None:
    for answer in (await ask(door), await ask(door, given={"host": "evil.example"}), await ask(door, "PUT")):
        found = answer.headers
        assert found["cache-control"] == "no-store"
        assert found["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert found["referrer-policy"] == "no-referrer"
        assert found["x-content-type-options"] == "nosniff"
        assert found["cross-origin-opener-policy"] == found["cross-origin-resource-policy"] == "same-origin"
        policy = found["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "require-trusted-types-for 'script'; trusted-types antechamber" in policy
        assert "unsafe" not in policy and "*" not in policy
    assert f"connect-src 'self' wss://{HOST};" in (await ask(door)).headers["content-security-policy"]


async def test_only_a_found_static_file_may_be_kept(door: Doorkeeper, inner: Inner) -> None:
    """What a route says itself never counts; an error at the same place is not kept."""
    assert (await ask(door, path="/static/js/x.js")).headers["cache-control"] == "no-cache"
    assert (await ask(door, "HEAD", path="/static/js/x.js")).headers["cache-control"] == "no-cache"
    for path in ("/static", "/staticx", "/api/static/x", "/j/static/", "/"):
        assert (await ask(door, path=path)).headers["cache-control"] == "no-store", path
    assert (await ask(door, "PUT", path="/static/js/x.js")).headers["cache-control"] == "no-store"
    wrong = await ask(door, path="/static/js/x.js", given={"host": "evil.example"})
    assert wrong.headers["cache-control"] == "no-store"
    inner.failure = Refused("page-unknown", "x")
    assert (await ask(door, path="/static/js/x.js")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/j", "/j/waiting", "/desk", "/visits/vis_a"])
async def test_camera_and_microphone_are_for_the_pages_that_show_them(door: Doorkeeper, path: str) -> None:
    assert "camera=(self), microphone=(self)" in (await ask(door, path=path)).headers["permissions-policy"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/board", "/billing/encounters", "/jx", "/settings"])
async def test_and_for_no_other_page(door: Doorkeeper, path: str) -> None:
    found = (await ask(door, path=path)).headers["permissions-policy"]
    assert "camera=(), microphone=(), display-capture=()" in found and "(self)" not in found


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:8443.evil.example", "LOCALHOST:9", "", "a b"])
async def test_another_hosts_name_is_refused_before_routing(door: Doorkeeper, inner: Inner, host: str) -> None:
    answer = await ask(door, given={"host": host})
    assert (answer.status, inner.bodies) == (421, [])
    assert host == "" or host.encode() not in answer.body


async def test_two_host_headers_are_refused(door: Doorkeeper) -> None:
    answer = Asked()
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", HOST.encode())] * 2}
    await door(scope, asyncio.Event().wait, answer.send)
    assert answer.status == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "get"])
async def test_other_methods_do_not_exist(door: Doorkeeper, method: str) -> None:
    assert (await ask(door, method)).status == 405


@pytest.mark.parametrize(
    "given",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": f"https://{HOST}"},
        {"origin": "https://evil.example"},
        {"origin": f"http://{HOST}"},
        {"origin": "null"},
        {},
    ],
)
async def test_a_post_from_another_site_is_refused(door: Doorkeeper, inner: Inner, given: dict[str, str]) -> None:
    answer = await ask(door, "POST", "/api/sign-in", given | JSON, b"{}")
    assert (answer.status, inner.bodies) == (403, [])


@pytest.mark.parametrize("given", [{"sec-fetch-site": "same-origin"}, {"origin": f"https://{HOST}"}])
async def test_a_post_from_our_own_page_arrives(door: Doorkeeper, inner: Inner, given: dict[str, str]) -> None:
    assert (await ask(door, "POST", "/api/sign-in", given | JSON, b"{}")).status == 200
    assert inner.bodies == [b"{}"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_of_another_site_cannot_be_json(door: Doorkeeper, kind: str) -> None:
    assert (await ask(door, "POST", "/api/x", SAME | {"content-type": kind}, b"{}")).status == 415


async def test_events_come_without_a_browser_and_may_be_larger(door: Doorkeeper, inner: Inner) -> None:
    assert (await ask(door, "POST", "/billing/events", JSON, b"x" * LARGEST_EVENT)).status == 200
    assert len(inner.bodies[0]) == LARGEST_EVENT
    assert (await ask(door, "POST", "/billing/events", JSON, b"x" * (LARGEST_EVENT + 1))).status == 413
    assert (await ask(door, "POST", "/billing/eventsx", JSON, b"x")).status == 403


async def test_notices_of_payments_come_without_a_browser_and_stay_small(door: Doorkeeper, inner: Inner) -> None:
    assert (await ask(door, "POST", "/billing/payments", JSON, b"x" * LARGEST_NOTICE)).status == 200
    assert len(inner.bodies[0]) == LARGEST_NOTICE
    assert (await ask(door, "POST", "/billing/payments", JSON, b"x" * (LARGEST_NOTICE + 1))).status == 413
    assert (await ask(door, "POST", "/billing/payments/", JSON, b"x")).status == 403


async def test_a_body_has_one_size_announced_or_not(door: Doorkeeper, inner: Inner) -> None:
    assert (await ask(door, "POST", "/api/x", SAME, b"x" * LARGEST_BODY)).status == 200
    assert (await ask(door, "POST", "/api/x", SAME, b"x" * (LARGEST_BODY + 1))).status == 413
    for said in (str(LARGEST_BODY + 1), "-1", "1e3"):
        assert (await ask(door, "POST", "/api/x", SAME | {"content-length": said}, b"x")).status == 413
    assert len(inner.bodies) == 1


async def test_a_body_that_never_comes_ends(door: Doorkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.doorkeeper._BODY_WITHIN", 0.05)
    answer = Asked()
    named = {"host": HOST, **SAME}
    headers_ = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/x", "headers": headers_}
    await door(scope, asyncio.Event().wait, answer.send)
    assert answer.status == 408


async def test_a_bug_is_one_plain_sentence_and_a_refusal_its_own(door: Doorkeeper, inner: Inner) -> None:
    inner.failure = RuntimeError("Jane Doe, 1 Main Street")
    answer = await ask(door)
    assert answer.status == 500 and b"Jane" not in answer.body and b'"code": "bug"' in answer.body
    inner.failure = Refused("clinician-busy", "You are with J. D. since 14:02.")
    answer = await ask(door)
    assert answer.status == 409 and b"clinician-busy" in answer.body


async def shake(door: Doorkeeper, given: dict[str, str]) -> list[dict[str, Any]]:
    answer = Asked()
    scope = {
        "type": "websocket",
        "path": "/ws/visit",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    await door(scope, asyncio.Event().wait, answer.send)
    return answer.messages


async def test_a_socket_is_opened_for_our_own_page_alone(door: Doorkeeper, inner: Inner) -> None:
    assert await shake(door, {"host": HOST, "origin": f"https://{HOST}"}) == [{"type": "websocket.accept"}]
    for given in (
        {"host": HOST, "origin": "https://evil.example"},
        {"host": HOST, "origin": "https://127.0.0.1:8443"},
        {"host": HOST, "origin": "null"},
        {"host": HOST},
        {"host": "evil.example", "origin": "https://evil.example"},
    ):
        assert await shake(door, given) == [{"type": "websocket.close", "code": 1008}]
    assert inner.sockets == 1


def test_no_header_value_can_be_split_by_a_host() -> None:
    for name, value in headers.for_response("/", HOST):
        assert b"\r" not in name + value and b"\n" not in name + value
