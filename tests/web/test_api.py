"""The JSON API by its own document: whatever is asked, the server does not break."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_KEYS = ("fortin", "", "nowhere")
_SLOW = ("/plan", "/write", "/apply", "/undo")
"""Those with a twin or a job behind them are asked of databases that are not there; test_planning.py has the rest."""


@pytest.fixture(scope="module")
def document(dashboard: Any) -> Any:
    return schemathesis.openapi.from_url(
        f"{dashboard.origin}/api/openapi.json", headers={"authorization": f"Bearer {dashboard.token()}"}
    )


def test_no_question_breaks_the_server(dashboard: Any, document: Any) -> None:
    headers = {"authorization": f"Bearer {dashboard.token()}"}
    asked = 0
    for result in document.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=6,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy(), key=st.sampled_from(_KEYS))
        def ask(case: Any, key: str) -> None:
            if key and "key" in (case.path_parameters or {}):
                is_slow = any(case.operation.path.endswith(each) for each in _SLOW)
                case.path_parameters["key"] = "nowhere" if is_slow else key
            case.call_and_validate(
                headers=headers,
                checks=[
                    schemathesis.checks.not_a_server_error,
                    schemathesis.checks.response_schema_conformance,
                    schemathesis.checks.content_type_conformance,
                ],
                timeout=60,
            )

        ask()
        asked += 1
    assert asked >= 18


def test_the_document_tells_of_everything_that_pages_show(document: Any) -> None:
    paths = set(document.raw_schema["paths"])
    below = "/api/databases/{key}"
    for page in ("", "/checkup", "/statements", "/tables", "/indexes", "/activity", "/blocking", "/history", "/alerts"):
        assert below + page in paths
    for page in ("/prescriptions", "/whatif", "/treatment", "/statements/{fingerprint}/plan"):
        assert below + page in paths
    assert not [path for path in paths if not path.startswith("/api/")]
