"""One verb a file: its module offers ``app``, a typer application. Import what works late, so that help is quick."""
