"""``python -m lifecycle``."""

from lifecycle.cli import cli

if __name__ == "__main__":
    cli(prog_name="python -m lifecycle")
