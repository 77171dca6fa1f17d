"""Serves the Python stub before the service of the table: `color_server.py asgi|wsgi <cases.json>` prints its port; `… scopes` checks the rest of ASGI."""

import asyncio
import json
import os
import socket
import socketserver
import sys
import threading
import wsgiref.simple_server

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../kits/color/python"))
from cutover_color import Color  # noqa: E402


class Service:
    """One service and its stub, of one case."""

    def __init__(self, settings, is_async):
        self.retired = 0
        self.go = asyncio.Event() if is_async else threading.Event()
        self.started = False
        self.color = Color(self.asgi if is_async else self.wsgi, **self._options(settings, is_async))

    def _options(self, settings, is_async):
        options = {name: settings[name] for name in ("service", "color", "release", "index", "token", "writes", "enqueues")}
        capacity = {"capacity": {"ready": 2, "max": 10}}
        lies = {"service": "x", "color": "green", "release": "x", "index": {}}

        def throws():
            raise ValueError("no")

        def later(does):
            async def awaited():
                await asyncio.sleep(0)
                return does()

            return awaited if is_async else does

        def retire():
            self.retired += 1
            return "scaled to 0"

        options["health"] = {"none": None, "fine": later(lambda: capacity), "liar": lambda: {**capacity, **lies},
                             "sick": lambda: {"ok": False}, "throws": later(throws)}[settings["health"]]
        options["warm"] = {"none": None, "silent": lambda: None, "warm": later(lambda: False), "cold": lambda: True}[settings["warm"]]
        options["retire"] = later(retire) if settings["retire"] == "works" else None
        return options

    @staticmethod
    def _answer(method, path):
        own = [("x-index-hash", "own")] if path == "/labelled" else []
        body = b"" if method == "HEAD" else ("app %s %s" % (method, path)).encode()
        return 404 if path == "/missing" else 200, [("x-app", "1"), *own], body

    async def asgi(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                self.started = True
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        status, headers, body = self._answer(scope["method"], scope["path"])
        if scope["path"] == "/go":
            self.go.set()
        headers = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
            await self.go.wait()
            body = b"two\n"
        await send({"type": "http.response.body", "body": body})

    def wsgi(self, environ, start_response):
        path = environ["PATH_INFO"]
        status, headers, body = self._answer(environ["REQUEST_METHOD"], path)
        if path == "/go":
            self.go.set()
        start_response("%d X" % status, headers)
        return self._slowly() if path == "/stream" else [body]

    def _slowly(self):
        yield b"one\n"
        self.go.wait(20)
        yield b"two\n"


def services(is_async):
    with open(sys.argv[2], encoding="utf-8") as file:
        table = json.load(file)
    return [Service({**table["settings"], **case.get("settings", {})}, is_async) for case in table["cases"]]


async def serve_asgi():
    import uvicorn

    all_of_them = services(True)

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return await all_of_them[0].color(scope, receive, send)
        service = all_of_them[int(dict(scope["headers"])[b"x-case"])]
        if scope["path"] in ("/__retired", "/__started"):
            said = service.retired if scope["path"] == "/__retired" else int(all_of_them[0].started)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return await send({"type": "http.response.body", "body": str(said).encode()})
        await service.color(scope, receive, send)

    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    own.listen()
    print(own.getsockname()[1], flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on")).serve(sockets=[own])


def serve_wsgi():
    all_of_them = services(False)

    def app(environ, start_response):
        service = all_of_them[int(environ["HTTP_X_CASE"])]
        if environ["PATH_INFO"] == "/__retired":
            start_response("200 OK", [])
            return [str(service.retired).encode()]
        return service.color.wsgi(environ, start_response)

    class Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
        daemon_threads = True

    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *_):
            pass

    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, Threads, Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


async def check_scopes():
    """What is no HTTP request reaches the service untouched."""
    seen = []

    async def app(*given):
        seen.append(given)

    index = {name: "x" for name in ("name", "INDEX_HASH", "metric", "analyzer", "embedModel", "reranker")}
    color = Color(app, service="s", color="blue", release="r", index=index)
    for kind in ("lifespan", "websocket"):
        given = ({"type": kind, "path": "/.well-known/cutover", "headers": []}, object(), object())
        await color(*given)
        assert seen.pop() == given, kind
    await check_mounted(index)
    check_async_under_wsgi(index)
    print("ok")


async def check_mounted(index):
    """Behind a prefix, with it in the path or without, as servers differ."""
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})

    color = Color(app, service="s", color="blue", release="r", index=index, writes=["/notes"])

    async def asgi(method, path, root):
        sent = []

        async def send(message):
            sent.append(message)

        await color({"type": "http", "method": method, "path": path, "root_path": root, "headers": []}, None, send)
        return sent[0]["status"]

    for path in ("/api%s", "%s"):
        assert await asgi("POST", path % "/notes/7", "/api") == 503, path
        assert await asgi("POST", path % "/ask", "/api") == 200, path
        assert await asgi("POST", path % "/.well-known/cutover/retire", "/api") == 401, path
        assert await asgi("GET", path % "/.well-known/cutover", "/api") == 200, path

    color = Color(lambda environ, start: start("200 OK", []), service="s", color="blue", release="r", index=index, writes=["/api/notes"])
    said = []
    color.wsgi({"REQUEST_METHOD": "POST", "SCRIPT_NAME": "/api", "PATH_INFO": "/notes"}, lambda *given: said.append(given))
    assert said[0][0].startswith("503"), said


def check_async_under_wsgi(index):
    """What nobody awaits has not retired anything."""
    async def retire():
        return "scaled to 0"

    color = Color(None, service="s", color="blue", release="r", index=index, token="t0ken", retire=retire)
    asked = {"REQUEST_METHOD": "POST", "PATH_INFO": "/.well-known/cutover/retire", "HTTP_AUTHORIZATION": "Bearer t0ken"}
    try:
        said = color.wsgi(asked, lambda *_: None)
    except TypeError as error:
        assert "ASGI" in str(error), error
    else:
        raise AssertionError(said)


if sys.argv[1] == "wsgi":
    serve_wsgi()
else:
    asyncio.run(serve_asgi() if sys.argv[1] == "asgi" else check_scopes())
