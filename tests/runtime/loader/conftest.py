import pytest

from conftest import Database
from runtime_loader import Shop


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)
