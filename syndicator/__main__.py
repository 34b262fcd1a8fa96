"""Run the command line: ``python -m syndicator``."""

from syndicator.cli.main import main

if __name__ == "__main__":
    main()
