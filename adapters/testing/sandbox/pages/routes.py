"""What a buyer would see: the Page's feed, the Instagram grid, the LINE shelf, the market shelf."""

from starlette.routing import Route

from adapters.testing.sandbox.sandbox import Sandbox


def page_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the buyer pages."""
    return []
