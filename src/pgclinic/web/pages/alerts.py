"""Alerts of a watched database: what stands, what is over, who was told."""

from typing import Any

from litestar import Response, get

from pgclinic.model.alerting import AlertHistory
from pgclinic.web.alert_words import line_words, share_of_line, silence, title, told_words
from pgclinic.web.here import Here, HereNow
from pgclinic.web.now import ALERT_SPAN, alerts_of

_MOST_RESOLVED = 200


def words_of_alerts(here: Here, alerts: AlertHistory) -> dict[str, Any]:
    """What the templates that tell of alerts need."""
    keys = {each.past.target: key for key, each in here.site.databases.items() if each.past}
    return {
        "alerts": alerts,
        "resolved": alerts.resolved[:_MOST_RESOLVED],
        "alert_title": lambda alert: title(alert.rule, here.language),
        "told_words": lambda alert: told_words(alert.tellings, here.language),
        "line": lambda alert: line_words(alert, here.language),
        "share_of_line": share_of_line,
        "silence": silence,
        "key_of": lambda alert: keys[alert.target],
        "first_span": ALERT_SPAN,
    }


@get("/databases/{key:str}/alerts", include_in_schema=False, sync_to_thread=True)
def alerts(here: HereNow) -> Response[str]:
    """Now, or at the moment that is asked for."""
    return here.page("alerts.html", is_watched=here.database.past is not None, **words_of_alerts(here, alerts_of(here)))


HANDLERS = (alerts,)
