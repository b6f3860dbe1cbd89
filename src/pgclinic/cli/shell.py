"""The application made of the files in ``commands/``, and the one place where what went wrong is said."""

import logging
import os
import pkgutil
import shutil
import sys
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from pgclinic.cli import commands
from pgclinic.model.errors import UserError

USAGE_OR_CONNECTION = 2
"""Exit code when what the user asked for cannot be: wrong arguments, no connection, a file that does not fit."""
INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the signal's number, as shells count."""
PIPE_CLOSED = 141
"""Exit code when nobody reads the output any more, as for a program that SIGPIPE ends."""

HELP = """Examine a PostgreSQL database, grade it, treat it, and measure that the cure worked."""

EPILOG = """\b
Begin with:
  pgclinic demo                                see it all on its own database
  pgclinic checkup postgresql://app@db/shop    examine yours; reads only
"""


class _Shell(TyperGroup):
    """Runs a verb; says errors of the user in one line on stderr."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - as in typer
        """As in typer, with wrong usage in one line. Without arguments there is help to be shown, and no error."""
        if not args:
            return super().make_context(info_name, args, parent, **extra)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except TyperException as error:
            _misused(error)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as in typer
        """As in typer, with one handler for all verbs."""
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()
        except TyperException as error:
            _misused(error, f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip())
        except UserError as error:
            _end(str(error), USAGE_OR_CONNECTION)
        except KeyboardInterrupt:
            _end("interrupted; everything that was started has been stopped", INTERRUPTED)
        except BrokenPipeError:
            # What is still buffered must go nowhere, or Python complains about it on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from None
        return outcome


def _misused(error: TyperException, verb: str = "pgclinic") -> NoReturn:
    """Wrong usage in one sentence that says where the right one is found."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else verb
    said = error.format_message().replace("Value error, ", "").rstrip(".")
    if getattr(error, "option_name", None) == "-h":
        said += ": it is the server's host, as in psql"
    _end(
        f"{said} See {command} --help." if said.endswith("?") else f"{said}; see {command} --help.", USAGE_OR_CONNECTION
    )


def _end(message: str, code: int) -> NoReturn:
    """Say it in one line; on a terminal, in as many as it takes without breaking a word."""
    from pgclinic.report.printable import printable

    line = f"pgclinic: {printable(message)}"
    if sys.stderr.isatty():
        import textwrap

        width = max(shutil.get_terminal_size().columns, 40)
        line = textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    typer.echo(line, err=True)
    raise typer.Exit(code) from None


def _print_version(asked: bool) -> None:
    if asked:
        from pgclinic import __version__

        typer.echo(f"pgclinic {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Give the options that come before any verb."""


def application() -> typer.Typer:
    """The command line with every verb of ``commands/``, in alphabetical order."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # The driver logs what it gives up while a connection breaks; the sentence about that is ours to say.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    app = typer.Typer(
        name="pgclinic",
        cls=_Shell,
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
        app.add_typer(import_module(f"{commands.__name__}.{module.name}").app)
    return app
