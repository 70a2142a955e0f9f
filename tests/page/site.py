"""The built documentation, served to a browser of this machine."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

ROOT: Final = Path(__file__).parents[2]
BUILT: Final = ROOT / "docs" / "_build"
# Chromium asks hosts of its own for news unless it is told not to, and a sandbox needs rights that containers lack.
OPTIONS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class.
        pass


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve the built documentation, and yield its address."""
    handler = functools.partial(_Quiet, directory=str(BUILT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """Start a Chromium."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("there is no Chromium: install one, such as Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


class Opened:
    """Opens pages, and remembers what they asked for and complained about."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self._browser = browser

    def __call__(self, path: str = "/try/index.html", **options: Any) -> Page:
        """Open a page in a new context, and wait until it has answered."""
        page = self._browser.new_context(**options).new_page()
        page.on("request", self._note_request)
        if "/try/" in path:
            page.on("console", self._note_complaint)
            page.on("pageerror", self._note_complaint)
        page.goto(self.address + path)
        if "/try/" in path:
            page.wait_for_selector("html[data-ready]")
        return page

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)

    def _note_complaint(self, complaint: ConsoleMessage | Error) -> None:
        self.complaints.append(str(getattr(complaint, "text", complaint)))

    def close(self) -> None:
        """Close all pages."""
        for context in self._browser.contexts:
            context.close()
