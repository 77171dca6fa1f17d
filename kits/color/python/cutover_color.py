"""Makes a service a color of cutover. One file, no dependency: copy it and keep it. Python 3.9 or newer.

ASGI (FastAPI, Starlette, Quart, Django):   app = Color(app, service="docs", color="blue", release="r41", index={...})
    or, in a framework that wraps:          app.add_middleware(Color, service="docs", ...)
WSGI (Flask, Django, Bottle):               app.wsgi_app = Color(app.wsgi_app, service="docs", ...).wsgi

What it must do stands in kits/color/cases.json of the package `cutover`, for other languages too.
"""

import hashlib
import hmac
import inspect
import json
import os
import re
import threading
import time
from http.client import HTTPException
from urllib.parse import unquote_to_bytes
from urllib.request import Request, urlopen

HOME = "/.well-known/cutover"
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class Color:
    """
    service, color, release -- as in the plan; color is "blue" or "green"
    index    -- where answers come from: name, INDEX_HASH, metric, analyzer, embedModel, reranker. Say it in every answer too
    health   -- more of the health contract (queue, schedules, tools, capacity, counters, ...), and ok=False when it cannot serve; raises: not ok
    warm     -- does the work of a first request; returns True if it paid for a cold start, else the first call of this process did
    retire   -- scales this color down for good; called again, it changes nothing; what it returns goes into the report
    token    -- who may retire: the CUTOVER_COLOR_TOKEN of the worker; left out: that variable here; without one nobody may
    writes   -- path prefixes whose POST, PUT, PATCH and DELETE write
    enqueues -- those that also put a job on a queue
    health, warm and retire may be async under ASGI.
    """

    def __init__(self, app, *, service, color, release, index, health=None, warm=None, retire=None,
                 token=None, writes=(), enqueues=()):
        self.app = app
        self._core = {"service": service, "color": color, "release": release, "index": dict(index)}
        self._health, self._warm, self._retire = health, warm, retire
        self._token = os.environ.get("CUTOVER_COLOR_TOKEN", "") if token is None else token
        self._writes, self._enqueues = tuple(writes), tuple(enqueues)
        self._newest = None
        self._first = True
        self._lock = threading.Lock()
        # They belong on every answer of the service; the router copies them into its line.
        self.headers = {
            "x-index-hash": index["INDEX_HASH"],
            "x-index-metric": index["metric"],
            "x-index-analyzer": index["analyzer"],
            "x-index-embed-model": index["embedModel"],
            "x-index-reranker": index["reranker"],
        }

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":  # lifespan and websockets are the service's own
            return await self.app(scope, receive, send)
        # A repeated header is the last one: what the router sets stands once.
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path, root = scope["path"], scope.get("root_path", "")
        # Servers differ in whether the path has the prefix that the service is mounted at: both are looked at.
        other = path[len(root):] if path.startswith(root + "/") else root + path
        own = self._answer(scope["method"], (path, other), headers.get)
        if own is None:
            return await self.app(scope, receive, self._labelling(send))
        if not isinstance(own, tuple):
            own = await _finished(own)
        status, body, more = own
        sent = [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def wsgi(self, environ, start_response):
        def get(name):
            return environ.get("HTTP_" + name.upper().replace("-", "_"))

        path, root = (environ.get(name, "").encode("latin-1").decode("utf-8", "replace") for name in ("PATH_INFO", "SCRIPT_NAME"))
        own = self._answer(environ["REQUEST_METHOD"], (path, root + path), get)
        if own is None:
            def labelled(status, headers, *exc_info):
                return start_response(status, _label(headers, self.headers.items(), str.lower), *exc_info)

            return self.app(environ, labelled)
        if not isinstance(own, tuple):
            own = _finished_now(own)
        status, body, more = own
        start_response("%d %s" % (status, _PHRASES[status]), list(more.items()))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _labelling(self, send):
        async def labelled(message):
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in self.headers.items()]
                message = {**message, "headers": _label(message.get("headers", ()), own, bytes.lower)}
            await send(message)

        return labelled

    def _answer(self, method, paths, get):
        """None: the request is the service's own. A generator yields what may have to be awaited."""
        if HOME in paths:
            return self._say_health() if method in ("GET", "HEAD") else _wrong_method("GET, HEAD")
        if HOME + "/retire" in paths:
            return self._take_down(get) if method == "POST" else _wrong_method("POST")
        if HOME + "/warm" in paths and self._warm is not None:
            return self._warm_up() if method in ("GET", "HEAD") else _wrong_method("GET, HEAD")
        return self._refusal(method, paths, get, self._hear(get))

    def _say_health(self):
        try:
            more = (yield self._health()) if self._health is not None else {}
            guard = {"writeGuard": True} if self._writes or self._enqueues else {}
            all_of_it = {"ok": True, **guard, **(more or {}), **self._core}
            return _json(200 if all_of_it["ok"] else 503, all_of_it)
        except Exception:
            return _json(503, {**self._core, "ok": False})

    def _warm_up(self):
        with self._lock:
            was_first, self._first = self._first, False
        said = yield self._warm()
        cold = said if isinstance(said, bool) else was_first
        return _json(200, {"cold": cold}, {"x-cold-start": "1" if cold else "0"})

    def _take_down(self, get):
        given = re.match(r"bearer (.*)$", get("authorization") or "", re.IGNORECASE)
        # Without a token nobody may, whatever was sent.
        if not self._token or given is None or not _same(given.group(1), self._token):
            return _json(401, {"error": "not allowed"}, {"www-authenticate": "Bearer"})
        if self._retire is None:
            return _json(501, {"error": "this color cannot take itself down"})
        said = yield self._retire()
        return _json(202, {"detail": said if isinstance(said, str) else "retired"})

    def _hear(self, get):
        """Isolates of the edge learn one after the other: an older word opens nothing that a newer one has closed."""
        if get("x-color") != self._core["color"]:
            return None
        said = (
            _number(get("x-cfg-gen")),
            get("x-cutover-writes") == "open",
            _number(get("x-cutover-freeze-until")),
            get("x-cutover-freeze-scope") != "enqueue",
        )
        with self._lock:
            if self._newest is None or said[0] > self._newest[0]:
                self._newest = said
            return self._newest if said[0] < self._newest[0] else said

    def _refusal(self, method, paths, get, word):
        enqueue = _is_under(self._enqueues, paths)
        if method in SAFE or not (enqueue or _is_under(self._writes, paths)):
            return None
        if get("x-cutover-kind") == "shadow":
            return _refuse("shadow")
        # Nobody vouches for this request: it came past the router, or was meant for the other color.
        if word is None:
            return _refuse("frozen")
        _, is_open, freeze_until_ms, freezes_all = word
        if not is_open:
            return _refuse("late")
        return _refuse("frozen") if time.time() * 1000 < freeze_until_ms and (freezes_all or enqueue) else None


def runs_schedules(color, entry, admin_token, first):
    """
    Whether this color runs its cron jobs now: ask at the start of each. At most one color is told so; none while the router cannot say,
    and none in the seconds of a flip: ask again then. first: the color that runs them until a first switch, as DEFAULT_COLOR of the router.
    """
    asked = Request(entry.rstrip("/") + "/__cutover/config")
    # A redirect must not carry the token to somebody else.
    asked.add_unredirected_header("Authorization", "Bearer " + admin_token)
    try:
        with urlopen(asked, timeout=5) as answer:
            said = json.load(answer)
        if said["doubt"] is not False:
            return False
        config = said["config"]
        if config is None:
            return color == first
        return config["producer"] == color and time.time() * 1000 >= (config["freezeUntilMs"] or 0)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return False


_PHRASES = {200: "OK", 202: "Accepted", 401: "Unauthorized", 405: "Method Not Allowed", 409: "Conflict",
            501: "Not Implemented", 503: "Service Unavailable"}


async def _finished(steps):
    """Runs a generator of ours; what it yields may be awaitable."""
    try:
        value = next(steps)
        while True:
            try:
                value = await value if inspect.isawaitable(value) else value
            except Exception as error:
                value = steps.throw(error)
            else:
                value = steps.send(value)
    except StopIteration as end:
        return end.value


def _finished_now(steps):
    try:
        value = next(steps)
        while True:
            if inspect.iscoroutine(value):  # never awaited, it would have done nothing
                value.close()
                value = steps.throw(TypeError("health, warm and retire may be async under ASGI only"))
            else:
                value = steps.send(value)
    except StopIteration as end:
        return end.value


def _json(status, body, headers=()):
    text = json.dumps(body).encode()
    wait = {"retry-after": "1"} if status == 503 else {}
    return status, text, {"content-type": "application/json", "content-length": str(len(text)),
                          "cache-control": "no-store", **wait, **dict(headers)}


def _refuse(reason):
    body = {"error": "write refused", "reason": reason}
    return _json(503 if reason == "frozen" else 409, body, {"x-cutover-write": reason})


def _wrong_method(allow):
    return _json(405, {"error": "method not allowed"}, {"allow": allow})


def _same(given, token):
    """In constant time, and of any bytes: compare_digest refuses text that is not ASCII."""
    left, right = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, token))
    return hmac.compare_digest(left, right)


def _number(text):
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,16}", text) else 0


def _label(headers, own, lower):
    given = {lower(name) for name, _ in headers}
    return [*headers, *((name, value) for name, value in own if name not in given)]


def _is_under(prefixes, paths):
    below = [_plain(path).rstrip("/") + "/" for path in paths]
    return any(path.startswith(_plain(prefix).rstrip("/") + "/") for prefix in prefixes for path in below)


def _plain(path):
    """Every spelling that a framework may read as that path: escapes, case, doubled slashes, dots, `;` parameters."""
    kept = []
    for raw in unquote_to_bytes(path).decode("utf-8", "replace").replace("\\", "/").lower().split("/"):
        segment = raw.split(";", 1)[0]
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept)
