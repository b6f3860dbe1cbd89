"""What applications may import: a change here is a change for users."""

import importlib

import pytest

API = {
    "batches": {
        "Append",
        "AsyncBatchWriter",
        "AsyncTicket",
        "BatchWriter",
        "Call",
        "GroupFailedError",
        "Insert",
        "Ledger",
        "Limits",
        "Refusal",
        "Retries",
        "RowsRefusedError",
        "SpoolDamagedError",
        "SpoolInUseError",
        "SpoolMismatchError",
        "Ticket",
        "forget",
        "forget_async",
        "setup",
        "setup_async",
    },
    "cache": {
        "AsyncCache",
        "AsyncNotifyWatch",
        "AsyncTableWatch",
        "Cache",
        "NotifyWatch",
        "Recipe",
        "TableWatch",
        "notify_recipe",
        "polling_recipe",
    },
    "loader": {"AsyncLoader", "Children", "Later", "Loader", "LoaderMiddleware", "Order", "Rows", "loader_of"},
    "guard": {
        "NPlusOneError",
        "NPlusOneWarning",
        "Repeated",
        "Tally",
        "fail",
        "guard",
        "guard_async",
        "ignore",
        "tagged",
        "warn",
        "watched",
    },
    "routing": {"AsyncRouter", "Bounds", "NotPrimaryError", "Position", "Reading", "Router", "ServerState", "Session"},
}


@pytest.mark.parametrize("name", API)
def test_the_public_names_are_these(name: str) -> None:
    module = importlib.import_module(f"pgclinic_runtime.{name}")
    assert set(module.__all__) == API[name]
    assert all(getattr(module, each).__doc__ for each in module.__all__)
