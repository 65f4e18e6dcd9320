"""The floor of HTTP: a bare Litestar application that answers the visitor API's shapes without doing anything."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from litestar import Litestar, post


@post("/api/chat/sessions")
async def start() -> dict[str, Any]:
    return {"token": "echo"}


@post("/api/chat/messages", status_code=200)
async def send(data: dict[str, Any]) -> dict[str, Any]:
    return {"turn": {"outcome": "answered", "messages": [{"text": data["text"]}]}}


if __name__ == "__main__":
    uvicorn.run(Litestar([start, send]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
