"""``python -m gzcrawler`` is ``gzcrawler``."""

from gzcrawler.cli import main

if __name__ == "__main__":
    main(prog_name="gzcrawler")
