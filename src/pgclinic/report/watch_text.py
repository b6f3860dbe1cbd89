"""What came of a watch, for a terminal."""

from pgclinic.model.watching_report import WatchReport


def text(report: WatchReport) -> str:
    """One line, and one a kind of oddity."""
    lines = [f"{report.looks} looks at {report.targets} databases, {report.written} samples kept."]
    if report.dropped:
        lines.append(f"  {report.dropped} dropped: the store could not be written, and memory was full.")
    lines += [f"  {count} {gap}" for gap, count in report.gaps.items()]
    return "\n".join(lines) + "\n"
