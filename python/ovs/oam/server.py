# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The HTTP server: metrics and pages, for reading only."""

import concurrent.futures
import http.server
import ipaddress
import socket
import socketserver
import threading
import time
import urllib.parse
from typing import NamedTuple

from ovs.oam import metrics, page, view

# Connections that are served at the same time, and the longest time for one,
# in s.  A further connection ends the oldest, so that idle connections do not
# keep others out.
_THREADS = 32
_CONNECTION_MAX = 20
# Answers that are cached until the next View, and threads that may make or
# wait for an answer that is not cached.  The other threads are for /metrics.
_PAGES_MAX = 256
_MAKERS = 4

_HTML = "text/html; charset=utf-8"


class _Now(NamedTuple):
    """A View, its tenants from view.tenants(), and cached answers by path."""
    view: view.View
    tenants: dict
    made: dict


class Content:
    """The content of the server.  An answer is made at its first request, and
    cached until the next View.

    'open_record' opens the record for reading.  It raises 'error'."""

    def __init__(self, site, open_record, error):
        self._site = site
        self._open, self._error = open_record, error
        self._now = None
        self._makers = threading.Semaphore(_MAKERS)
        self._making = threading.Lock()

    def publish(self, seen):
        """Serves the View 'seen' from now on."""
        answer = 200, metrics.CONTENT_TYPE, metrics.text(seen, self._site)
        self._now = _Now(seen, view.tenants(seen, self._site),
                         {"/metrics": answer})

    def get(self, path):
        """Returns (status, type, body) for the path of a request."""
        now = self._now
        if now is None:
            return _plain(503, "not yet, the hosts are being asked")
        if path in now.made:
            return now.made[path]
        if not self._makers.acquire(blocking=False):
            return _plain(503, "busy, try again")
        try:
            with self._making:
                if path in now.made:
                    return now.made[path]
                answer = self._make(now, path)
                if answer[0] == 200 and len(now.made) < _PAGES_MAX:
                    now.made[path] = answer
                return answer
        finally:
            self._makers.release()

    def _make(self, now, path):
        """Returns the answer for 'path', for get()."""
        parts = urllib.parse.urlsplit(path)
        if parts.path == "/metrics":
            if urllib.parse.parse_qs(parts.query) != {"pairs": ["1"]}:
                return _plain(404, "only ?pairs=1")
            return 200, metrics.CONTENT_TYPE, metrics.text(
                now.view, self._site, pairs=True)
        try:
            if path == "/":
                with self._open() as record:
                    return 200, _HTML, page.whole(
                        record, now.view, self._site, now.tenants)
            if path.startswith("/tenant/"):
                name = path[len("/tenant/"):]
                if name not in now.tenants:
                    return _plain(404, "no such tenant")
                with self._open() as record:
                    return 200, _HTML, page.tenant(
                        record, now.view, self._site, now.tenants, name)
        except self._error as error:
            return _plain(500, str(error))
        return _plain(404, "no such page")


class Server(socketserver.TCPServer):
    """Serves 'content', as 'access' allows."""
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, access, content):
        address = ipaddress.ip_address(access.address[0])
        if address.version == 6:
            self.address_family = socket.AF_INET6
        self.access, self.content = access, content
        self._pool = concurrent.futures.ThreadPoolExecutor(_THREADS)
        self._lock = threading.Lock()
        self._open = {}         # From sockets to times when they are cut off.
        super().__init__(access.address, _Handler)

    def process_request(self, request, client_address):
        """Has a thread answer."""
        with self._lock:
            if len(self._open) >= _THREADS:
                self._end(min(self._open, key=self._open.get))
            self._open[request] = time.monotonic() + _CONNECTION_MAX
        self._pool.submit(self._work, request, client_address)

    def service_actions(self):
        """Ends connections that take too long.  The base class calls it at
        least twice a second."""
        now = time.monotonic()
        with self._lock:
            for request in [r for r, end in self._open.items() if end < now]:
                self._end(request)

    def handle_error(self, request, client_address):
        """Ignores errors of connections."""

    def server_close(self):
        super().server_close()
        with self._lock:
            for request in list(self._open):
                self._end(request)
        self._pool.shutdown()

    def _end(self, request):
        """Ends a connection, whose thread then closes it.  Needs the lock."""
        del self._open[request]
        try:
            # SSLSocket's own shutdown() is not for other threads.
            socket.socket.shutdown(request, socket.SHUT_RDWR)
        except OSError:
            pass

    def _work(self, request, client_address):
        """Answers a request, in a thread."""
        connection = request
        try:
            request.settimeout(_CONNECTION_MAX)
            if self.access.tls:
                # service_actions() must know the socket in a handshake, too.
                connection = self.access.tls.wrap_socket(
                    request, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    if request not in self._open:
                        return
                    self._open[connection] = self._open.pop(request)
                connection.do_handshake()
            self.finish_request(connection, client_address)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.pop(request, None)
                self._open.pop(connection, None)
            self.shutdown_request(connection)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    def version_string(self):
        """Returns the header "Server"."""
        return "ovs-oam"

    def do_GET(self):
        """Answers GET."""
        self._answer(True)

    def do_HEAD(self):
        """Answers HEAD."""
        self._answer(False)

    def log_message(self, *_):
        """Logs nothing: there may be thousands in a minute."""

    def _answer(self, body):
        """Sends the answer, and its content if 'body'."""
        if self.server.access.may(self.headers.get("Authorization"),
                                  self.headers.get("Host")):
            status, kind, content = self.server.content.get(self.path)
        elif self.server.access.token is None:
            status, kind, content = _plain(
                403, "the host in the URL must be an address or localhost")
        else:
            status, kind, content = _plain(401, "needs the bearer token")
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        for name, value in (("Content-Type", kind),
                            ("Content-Length", str(len(content))),
                            ("Content-Security-Policy", page.POLICY),
                            ("X-Content-Type-Options", "nosniff"),
                            ("Referrer-Policy", "no-referrer"),
                            ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


def _plain(status, message):
    """Returns an answer that is 'message'."""
    return (status, "text/plain; charset=utf-8",
            (message + "\n").encode(errors="replace"))
