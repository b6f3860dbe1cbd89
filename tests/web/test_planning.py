"""Plans, what-ifs and prescriptions by hand, on a twin that is really there."""

import re
import time
from typing import Any

import pytest

pytestmark = pytest.mark.server


def test_a_statement_has_its_plan_drawn(dashboard: Any) -> None:
    with dashboard.browser() as browser, dashboard.script() as script:
        line = script.get("/api/databases/fortin/statements?find=from leads where call_id").json()["lines"][0]
        path = f"databases/fortin/statements/{line['fingerprint']}"
        assert browser.get(f"/{path}").status_code == 200
        picture = browser.get(f"/{path}/plan").text
        assert 'class="chart plan-tree"' in picture
        assert "drawn from statistics" in picture
        plan = script.get(f"/api/{path}/plan").json()
        assert plan["root"]["relation"] == "leads"
        assert plan["cost"] > 1000
        assert len(plan["parameters"]) == 1


def test_an_index_is_tried_by_hand(dashboard: Any) -> None:
    form = {"ddl": "create index on leads (call_id)", "query": "select name from leads where call_id = 'call_1'"}
    with dashboard.browser() as browser, dashboard.script() as script:
        page = browser.get("/databases/fortin/whatif").text
        form["csrf"] = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        headers = {"origin": dashboard.origin}
        answer = browser.post("/databases/fortin/whatif/answer", data=form, headers=headers)
        assert answer.status_code == 200
        assert "cheaper" in answer.text
        assert answer.text.count('class="chart plan-tree"') == 4
        assert "create index on leads (call_id)</textarea>" in answer.text
        refused = browser.post("/databases/fortin/whatif/answer", data={**form, "ddl": "drop table x"}, headers=headers)
        assert 'role="alert"' in refused.text
        told = script.post("/api/databases/fortin/whatif", json={"ddl": form["ddl"]}).json()
        assert told["workload"]["cheaper"] >= 1
        assert script.post("/api/databases/fortin/whatif", json={"ddl": "drop table x"}).status_code == 400


def test_a_prescription_is_written_while_one_looks_on(dashboard: Any) -> None:
    with dashboard.browser() as browser, dashboard.script() as script:
        page = browser.get("/databases/fortin/prescriptions").text
        token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        begun = browser.post(
            "/databases/fortin/prescriptions/write", data={"csrf": token}, headers={"origin": dashboard.origin}
        )
        job = begun.url.path.rpartition("/")[2]
        assert script.post("/api/databases/fortin/prescriptions/write").status_code == 400
        deadline = time.monotonic() + 300
        while (report := script.get(f"/api/jobs/{job}").json())["state"] not in {"done", "failed"}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert report["error"] == ""
        over = browser.get(f"/jobs/{job}", headers={"hx-request": "true"}, follow_redirects=False)
        assert over.headers["hx-redirect"] == "/databases/fortin/prescriptions"
        written = browser.get("/databases/fortin/prescriptions").text
        items = script.get("/api/databases/fortin/prescriptions").json()["items"]
        assert len(items) > 3
        assert len(re.findall(r'id="item-\d+"', written)) == len(items)
        assert not re.search(r"\sstyle=", written)
