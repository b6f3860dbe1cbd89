"""The command line: a thin shell over the verbs. Each file of ``commands/`` is one verb; the folder is the registry."""

import sys


def main() -> None:
    """Run ``pgclinic`` with the process's arguments, and exit."""
    try:
        from pgclinic.cli.shell import application

        application()()
    except KeyboardInterrupt:  # before there is a shell to catch it
        sys.stderr.write("pgclinic: interrupted\n")
        sys.exit(130)
