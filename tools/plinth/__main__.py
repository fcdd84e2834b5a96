"""Run the command line with ``python -m plinth``."""

from plinth.cli import main

main()
