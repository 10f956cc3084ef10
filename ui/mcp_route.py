"""MCP over HTTP: one route, one JSON reply a message (`rag.mcp`).

There are no sessions: two clients may use the same number. A call ends with its own connection, and no message cancels it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from rag.mcp import Tools, read, refused
from rag.stopping import Stop
from ui import leaving
from ui.visit import Visit

if TYPE_CHECKING:
    from ui.shelf import Shelf


def router(shelf: Shelf) -> APIRouter:
    """The route."""
    routes = APIRouter()

    def options() -> dict[str, Any]:
        model = shelf.model_of(Visit())
        return {"llm": model, "mode": None if model else "extractive"}

    tools = Tools(shelf.assistant, options)

    @routes.post("/mcp")
    async def mcp(connection: Request) -> Response:
        try:
            message = await asyncio.to_thread(read, await connection.body())
        except ValueError as error:
            return JSONResponse(refused(error), status_code=400)
        stop = Stop()
        leaving.of(connection.scope).then(stop.now)
        reply = await asyncio.to_thread(tools.handle, message, stop=stop)
        return Response(status_code=202) if reply is None else JSONResponse(reply)

    @routes.get("/mcp")
    def nothing_to_tell() -> Response:
        return Response(status_code=405, headers={"allow": "POST"})

    return routes
