"""The console's own static files, addressed by their content: a new version is a new address."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from needlewise.errors import NotFound
from needlewise.staff.roles import ANYONE

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


@cache
def _assets() -> dict[str, tuple[bytes, str, str]]:
    """Address name -> content, media type, plain name. Names are `console.<hash>.css`."""
    found = {}
    for path in sorted((Path(__file__).parent / "static").iterdir()):
        if path.suffix not in TYPES:
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        found[f"{path.stem}.{digest}{path.suffix}"] = (content, TYPES[path.suffix], path.name)
    return found


def asset_url(name: str) -> str:
    """The address of a file of `static/`. Raises KeyError when there is none."""
    for address, (_content, _type, plain) in _assets().items():
        if plain == name:
            return f"/staff/static/{address}"
    raise KeyError(name)


@get("/static/{name:str}", opt={"access": ANYONE}, sync_to_thread=False)
def static_file(name: FromPath[str]) -> Response[bytes]:
    """A style sheet, script or icon."""
    if name not in _assets():
        raise NotFound("There is no such file.")
    content, media_type, _plain = _assets()[name]
    return Response(content, media_type=media_type, headers={"Cache-Control": FOREVER})
