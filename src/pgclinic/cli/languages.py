"""The language that a report is written in: an option, a variable, or a key of the configuration."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pgclinic.cli.settings import choice

if TYPE_CHECKING:
    from pgclinic.model.configuration import Configuration
    from pgclinic.report.language import Language


class Lang(StrEnum):
    """The language of the report."""

    ENGLISH = "en"
    FRENCH = "fr"


LangOption = Annotated[Lang | None, typer.Option(help="Language of the report; en by default.", show_default=False)]


def spoken_language(given: Lang | None, configuration: "Configuration") -> "Language":
    """The language asked for on the command line, in the environment or in the file. Raises UserError for another."""
    from pgclinic.report.language import language

    return language(choice(given, "PGCLINIC_LANG", (configuration.lang, configuration.source), Lang.ENGLISH))
