"""GET /widget.js, the other files of the widget under /widget/, and the demo page at /."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from needlewise.clinic import Clinic
from needlewise.widget.files import WidgetFile, WidgetFiles, widget_files

# Pages keep one address of the loader for years, so browsers must ask whether it has changed.
ASK_AGAIN = "public, no-cache"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
SHARED = {
    # Scripts for other people's pages: they are fetched with CORS, without cookies.
    "Access-Control-Allow-Origin": "*",
    # The application names an allowed origin in place of "*": a cache must not hand that to another website.
    "Vary": "Origin, Accept-Encoding",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PAGE_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}

AnyRequest = Request[Any, Any, Any]


def _file(request: AnyRequest, name: str, file: WidgetFile, cache: str) -> Response[bytes]:
    packed = "gzip" in request.headers.get("accept-encoding", "")
    # The same file in another form is another representation, with a tag of its own (RFC 9110, 8.8.3.3).
    tag = f'"{file.tag}-gzip"' if packed else f'"{file.tag}"'
    headers = SHARED | {"Cache-Control": cache, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    content = file.compressed if packed else file.text.encode()
    return Response(content, media_type=TYPES[name[name.rindex(".") :]], headers=headers)


@get("/widget.js", include_in_schema=False, sync_to_thread=False)
def loader(request: AnyRequest) -> Response[bytes]:
    """The one script that a website embeds."""
    return _file(request, "widget.js", widget_files().loader, ASK_AGAIN)


@get("/widget/{name:str}", include_in_schema=False, sync_to_thread=False)
def part(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A part of the widget. Its name carries the hash of what it holds, so browsers keep it for good."""
    parts = widget_files().parts
    if name not in parts:
        raise _missing(name)
    return _file(request, name, parts[name], FOREVER)


@get("/widget/{version:str}/{name:str}", include_in_schema=False, sync_to_thread=False)
def page_file(request: AnyRequest, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """The demo page's style and icon. A page from before an update gets the new file, to keep it once."""
    files = widget_files()
    if name not in files.page_files:
        raise _missing(name)
    return _file(request, name, files.page_files[name], FOREVER if version == files.version else ASK_AGAIN)


def _missing(name: str) -> NotFoundException:
    return NotFoundException(f"There is no such file: {name[:100]}")


@get("/", include_in_schema=False, sync_to_thread=False)
def demo(clinic: NamedDependency[Clinic]) -> Response[str]:
    """A plain page with the widget on it."""
    return Response(_page(clinic, widget_files()), media_type="text/html", headers=PAGE_HEADERS)


def _page(clinic: Clinic, files: WidgetFiles) -> str:
    template = Environment(autoescape=True).from_string(files.page)
    return template.render(clinic=clinic, version=files.version)


public_routes = [loader, part, page_file, demo]
