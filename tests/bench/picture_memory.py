"""Peak memory of a worker that has pictures made by its decoding process, and of that process."""

import json
import sys
from pathlib import Path

import psutil

from schemas.media import PictureSpec
from syndicator.media.guard import GuardedDecoder
from syndicator.media.limits import DecodeLimits


def main(specs: str, *paths: str) -> None:
    """Render ``paths`` by the specs given as JSON; print the two peaks in bytes as JSON."""
    wanted = [PictureSpec.model_validate(spec) for spec in json.loads(specs)]
    own = child = 0
    with GuardedDecoder(DecodeLimits()) as decoder:
        for path in paths:
            decoder.render(Path(path), wanted)
            child = max(child, decoder.last_peak_bytes)
            own = max(own, psutil.Process().memory_info().rss)
    sys.stdout.write(json.dumps({"worker": own, "decoder": child}))


if __name__ == "__main__":
    main(*sys.argv[1:])
