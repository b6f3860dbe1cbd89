"""``pgclinic prescribe --migrations``, as a user types it."""

from pathlib import Path
from typing import Any

import pytest

from pgclinic.cli.choices import tools_of
from pgclinic.cli.files import write_migrations
from pgclinic.model.errors import UserError
from treating import course_of, on_column


def test_tools_are_named_one_or_several_at_a_time(tmp_path: Path) -> None:
    assert tools_of(["alembic,sql", "Rails"], tmp_path) == ("alembic", "rails", "sql")
    assert tools_of(None, None) == ()
    with pytest.raises(UserError, match="say with -o"):
        tools_of(["sql"], None)
    with pytest.raises(UserError, match="there is no 'liquibase'; choose from alembic"):
        tools_of(["liquibase"], tmp_path)


@pytest.mark.server
def test_each_tool_has_a_folder_and_a_word_for_its_user(database: Any, tmp_path: Path) -> None:
    database.execute("create table calls (id int, phone text)")
    write_migrations(course_of(database, on_column("phone")), tmp_path, "dbmate")
    folder = tmp_path / "migrations" / "dbmate"
    (file,) = folder.glob("*.sql")
    assert file.name.endswith("_create_index_calls_phone_idx.sql")
    assert "transaction:false" in (folder / "README.txt").read_text()
