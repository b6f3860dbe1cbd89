"""Findings against a baseline: which are new, which are known, and which of the known ones are gone."""

from collections.abc import Collection, Iterable

from pgclinic.model.baseline import Baseline, KnownFinding
from pgclinic.model.finding import Finding


def known(finding: Finding, baseline: Baseline) -> KnownFinding | None:
    """The entry that makes a finding old news; None too when it has become more severe than it was known to be."""
    entry = baseline.by_fingerprint.get(finding.fingerprint)
    if entry is None or (entry.severity is not None and finding.severity > entry.severity):
        return None
    return entry


def gone(baseline: Baseline, findings: Iterable[Finding], examined: Collection[str]) -> tuple[KnownFinding, ...]:
    """Entries that were looked for and not found. What no check could look for is not gone."""
    found = {finding.fingerprint for finding in findings}
    return tuple(entry for entry in baseline.entries if entry.check in examined and entry.fingerprint not in found)


def renewed(baseline: Baseline, findings: Iterable[Finding], examined: Collection[str]) -> Baseline:
    """The baseline as of these findings: comments stay, what is gone goes, what could not be looked for stays."""
    old = baseline.by_fingerprint
    entries = {entry.fingerprint: entry for entry in baseline.entries}
    for entry in gone(baseline, findings := tuple(findings), examined):
        del entries[entry.fingerprint]
    for finding in findings:
        before = old.get(finding.fingerprint)
        entries[finding.fingerprint] = KnownFinding(
            fingerprint=finding.fingerprint,
            severity=finding.severity,
            check=finding.check,
            object=str(finding.object),
            comment=before.comment if before else "",
            above=before.above if before else (),
        )
    return Baseline(tuple(sorted(entries.values(), key=lambda entry: (entry.check, entry.object, entry.fingerprint))))
