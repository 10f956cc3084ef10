"""The server: the page, its few routes, and the API for programs, behind one guard.

`create_app` builds it from settings; `run` serves it until a signal comes and ends within seconds, open pages or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import re
import signal
import sys
import webbrowser
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Read when numpy is: answers already take a core each, and threads that wait for the next small product take it from them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from rag.errors import FootnoteError
from ui import exports, mcp_route, openai_api, turns, votes
from ui.access import COOKIE, OWNER_S, Access
from ui.events import Events
from ui.leaving import Leaving
from ui.login import Guesses
from ui.patience import Patient
from ui.security import Guard, check, waiting
from ui.shelf import Shelf
from ui.streams import StreamOrder
from ui.uploads import Uploads, visit_of
from ui.visit import Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from rag.config import Settings

SHUTDOWN_S = 1
"""Answers under way are ended at once; what a page still holds open gets so long."""

STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
REPORT_CSP = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-scripts; frame-ancestors 'self'"
)
MOST_CHOSEN = 1000
_RUN = re.compile(r"[\w.-]{1,100}")


def create_app(settings: Settings) -> FastAPI:
    """The whole app. ConfigError where the settings would let strangers in, or make no sense."""
    import gradio as gr

    from ui import app as page

    check(settings)
    access, shelf, uploads = Access(settings), Shelf(settings), Uploads()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        shelf.warm()
        yield
        await asyncio.to_thread(shelf.close)

    app = FastAPI(title="Footnote", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.shelf = shelf
    _routes(app, shelf, access)
    app.include_router(openai_api.router(shelf))
    app.include_router(mcp_route.router(shelf))
    blocks = page.build(settings, shelf, access, uploads)
    # Telling everybody their place in the queue at each start costs more than starting does: once in a while is enough.
    blocks.queue(api_open=False, default_concurrency_limit=64, max_size=2000, status_update_rate=5)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        max_file_size=f"{settings.max_upload_mb}mb",
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=find_spec("mcp") is not None,
        theme=page.theme(),
        head=page.HEAD,
    )
    # Only `launch` sets it, and only where it is set does Gradio ask whether a file lies in its upload folder before copying it.
    blocks.has_launched = True
    mounted.add_middleware(Events, functions=blocks.fns)
    mounted.add_middleware(Leaving, left=shelf.left)
    mounted.add_middleware(StreamOrder)
    mounted.add_middleware(Guard, settings=settings, access=access, uploads=uploads)
    return mounted


def _routes(app: FastAPI, shelf: Shelf, access: Access) -> None:
    """What is not Gradio's; these win over its routes because they come first."""
    from ui.app import STATIC

    guesses = Guesses()

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        try:
            library = shelf.assistant().library
            return JSONResponse({"status": "ok", "papers": library.count(), "pending": library.pending, "warm": shelf.warmed.is_set()})
        except FootnoteError as error:
            return JSONResponse({"status": "error", "reason": str(error)}, status_code=503)

    @app.get("/page/report")
    def report(run: str = "", theme: str = "") -> Response:
        from eval.folder import runs_folder

        path = runs_folder() / run / "report.html"
        if not _RUN.fullmatch(run) or run.startswith(".") or not path.is_file():
            return PlainTextResponse("no such report", status_code=404)
        text = path.read_text(encoding="utf-8")
        if theme in {"light", "dark"}:  # the report stands in a frame of its own, whose script can't be spoken to
            text = text.replace("<html", f'<html data-theme="{theme}"', 1)
        return Response(text, media_type="text/html; charset=utf-8", headers={"content-security-policy": REPORT_CSP})

    @app.get("/page/candidates")
    def candidates(request: Request) -> Response:
        if not access.is_owner(request.cookies) or not votes.path().is_file():
            return PlainTextResponse("nothing here", status_code=404)
        return FileResponse(votes.path(), media_type="application/jsonl", filename="gold-candidates.jsonl")

    @app.post("/page/export")
    async def export(request: Request, format: str = "markdown") -> Response:  # noqa: A002 - the word in the address
        try:
            answer = turns.restore(await request.json()).answer
            if format == "html-part":
                return Response(str(exports.html(answer)), media_type="text/html; charset=utf-8")
            file = exports.export(answer, format)
        except (FootnoteError, ValueError, RecursionError) as error:
            return PlainTextResponse(str(error) if isinstance(error, FootnoteError) else "the answer can't be read", status_code=400)
        kind = f"{file.media_type}; charset=utf-8"
        return Response(file.text, media_type=kind, headers={"content-disposition": f'attachment; filename="{file.name}"'})

    @app.post("/page/export-chat")
    async def export_chat(request: Request, format: str = "markdown") -> Response:  # noqa: A002 - the word in the address
        try:
            file = exports.chat([one.answer for one in turns.restore_all(await request.json())], format)
        except (FootnoteError, ValueError, RecursionError) as error:
            return PlainTextResponse(str(error) if isinstance(error, FootnoteError) else "the chat can't be read", status_code=400)
        kind = f"{file.media_type}; charset=utf-8"
        return Response(file.text, media_type=kind, headers={"content-disposition": f'attachment; filename="{file.name}"'})

    @app.post("/page/export-papers")
    async def export_papers(request: Request, format: str = "bibtex") -> Response:  # noqa: A002 - the word in the address
        visit = Visit()
        shelf.recall(visit_of(request.cookies), visit)
        try:
            wanted = [str(one) for one in list(await request.json())[:MOST_CHOSEN]]
            text = await asyncio.to_thread(exports.papers, shelf.assistant(visit.library).library, wanted, format)
        except (FootnoteError, ValueError, TypeError, RecursionError) as error:
            return PlainTextResponse(str(error) if isinstance(error, FootnoteError) else "the list can't be read", status_code=400)
        ending = exports.PAPERS[format]
        headers = {"content-disposition": f'attachment; filename="papers.{ending}"'}
        return Response(text, media_type="text/plain; charset=utf-8", headers=headers)

    @app.post("/page/references")
    async def references(request: Request, style: str = "apa") -> Response:
        try:
            answer = turns.restore(await request.json()).answer
            return JSONResponse(await asyncio.to_thread(exports.references, answer, style))
        except (FootnoteError, ValueError, RecursionError) as error:
            return PlainTextResponse(str(error) if isinstance(error, FootnoteError) else "the answer can't be read", status_code=400)

    @app.post("/page/owner")
    async def owner(request: Request) -> Response:
        address = request.scope["footnote.address"]
        if wait := guesses.wait_s(address):
            status, reason = waiting(wait)
            return PlainTextResponse(reason, status_code=status, headers={"retry-after": f"{math.ceil(wait)}"})
        try:
            given = (await request.json())["key"]
        except (ValueError, KeyError, TypeError, RecursionError):
            given = ""
        token = access.unlock(given) if isinstance(given, str) else None
        if token is None:
            guesses.wrong(address)
            await asyncio.sleep(0.5)  # guessing takes its time
            return PlainTextResponse("that is not the owner's key", status_code=403)
        reply = Response(status_code=204)
        secure = request.scope["footnote.secure"]
        reply.set_cookie(COOKIE, token, max_age=OWNER_S, httponly=True, samesite="strict", secure=secure)
        return reply

    @app.post("/page/sign-out")
    def sign_out(request: Request) -> Response:
        access.lock(request.cookies)
        shelf.forget(visit_of(request.cookies))
        reply = Response(status_code=204)
        reply.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return reply

    @app.get("/page/{name}")
    def static(name: str) -> Response:
        path = STATIC / name
        if "/" in name or path.suffix not in STATIC_TYPES or not path.is_file():
            return PlainTextResponse("nothing here", status_code=404)
        return FileResponse(path, media_type=STATIC_TYPES[path.suffix], headers={"cache-control": "no-cache"})


class _Server(uvicorn.Server):
    """Ends with `run` returning, where uvicorn would raise the signal once more; calls `opened` when it listens."""

    shelf: Shelf
    opened: Any = None

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started and self.opened is not None:
            port = self.servers[0].sockets[0].getsockname()[1]
            self.opened(port)

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """End the answers under way first: their pages would keep the server waiting."""
        self.shelf.halt()
        # Pages that are still open are cut off in a moment; uvicorn would print a traceback for each.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while serving; afterwards the caller's handlers stand again."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(settings: Settings, *, open_browser: bool) -> None:
    """Serve until SIGINT or SIGTERM. ConfigError before anything listens."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Patient,
        log_level="warning",
        access_log=False,  # questions are in addresses
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        timeout_keep_alive=30,
    )
    server = _Server(config)
    server.shelf = app.state.shelf

    def opened(port: int) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - shown, not bound
        sys.stdout.write(f"Footnote is at http://{host}:{port} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(f"http://{host}:{port}")

    server.opened = opened
    server.run()


__all__ = ["create_app", "run"]
