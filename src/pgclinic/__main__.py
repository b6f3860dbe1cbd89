"""``python -m pgclinic``: the same as the script."""

from pgclinic.cli import main

main()
