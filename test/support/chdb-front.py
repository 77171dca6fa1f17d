"""ClickHouse's own engine (chdb) behind as much of its HTTP interface as the official client uses.

Usage: chdb-front.py <port> <folder>. Listens on loopback. One query at a time: the engine has one session.
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from chdb import session

PORT = int(sys.argv[1])
ENGINE = session.Session(sys.argv[2])
TURN = threading.Lock()
# Of the URL, but no setting of the engine.
NOT_A_SETTING = {"query", "query_id", "database", "session_id", "default_format", "wait_end_of_query", "role"}


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, b"Ok.\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if "Content-Length" in self.headers else self.chunked()
        given = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}
        sql = (given.get("query", "") + "\n").encode() + body
        try:
            with TURN:
                for name, value in given.items():
                    if name not in NOT_A_SETTING:
                        ENGINE.query(f"SET {name} = {quoted(value)}")
                found = ENGINE.query(sql.decode())
                self.answer(200, found.bytes() or b"")
        except Exception as error:
            self.answer(500, str(error).encode())

    def chunked(self):
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            piece = self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body
            body += piece

    def answer(self, status, body):
        self.send_response(status)
        if status != 200:
            code = body.split(b":")[1].split(b".")[0].strip() if body.startswith(b"Code:") else b"0"
            self.send_header("X-ClickHouse-Exception-Code", code.decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ENGINE.query("SET precise_float_parsing = 1")
ThreadingHTTPServer(("127.0.0.1", PORT), Front).serve_forever()
