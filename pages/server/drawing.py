"""The route of the drawing library: Plotly's partial build, which draws all flat charts."""

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from pages.ui.components.chart import FLAT, PLACE

FOR_EVER = "public, max-age=31536000, immutable"  # its name carries its version


async def library(_request: Request) -> FileResponse:
    """The file; `CompressStatic` makes it a third as long."""
    return FileResponse(FLAT, media_type="text/javascript", headers={"cache-control": FOR_EVER})


ROUTES = [Route(f"/{PLACE}/{FLAT.name}", library)]
