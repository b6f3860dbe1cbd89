"""The sections of a database, in the order of their tabs."""

from pgclinic.report.language import later

SECTIONS = (
    ("", later("Overview")),
    ("statements", later("Statements")),
    ("tables", later("Tables and indexes")),
    ("activity", later("Activity")),
    ("alerts", later("Alerts")),
    ("findings", later("Findings")),
    ("prescriptions", later("Prescriptions")),
    ("whatif", later("What if")),
)
"""Path below the database, and the words of the tab."""
WATCHED = frozenset({"alerts"})
"""Those that only a watched database has."""
