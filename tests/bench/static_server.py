"""Serves a folder over HTTP, for the plain script's pictures: ``python -m tests.bench.static_server PORT FOLDER``."""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles


def main(port: str, folder: str) -> None:
    Path(folder, "live.txt").write_text("live", encoding="ascii")
    app = Starlette(routes=[Mount("/", StaticFiles(directory=folder))])
    uvicorn.run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
