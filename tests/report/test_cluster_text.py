"""The line that each of several databases gets."""

from pgclinic.model.checkup import Checkup
from pgclinic.model.cluster import DatabaseVisit
from pgclinic.report.cluster_text import summary
from pgclinic.report.language import language


def test_each_database_has_a_line_in_the_reader_s_language(checkup: Checkup) -> None:
    visits = (DatabaseVisit("shop", result=checkup), DatabaseVisit("closed", refusal="Cannot connect to closed."))
    english, french = summary(visits), summary(visits, language=language("fr"))
    assert "1 warning" in english
    assert "closed could not be entered: Cannot connect to closed." in english
    assert "1 avertissement" in french
    assert "closed n'a pas pu être visitée\N{NO-BREAK SPACE}: Cannot connect to closed." in french
