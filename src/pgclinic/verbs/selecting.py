"""What ``--only`` and ``--ignore`` mean: checks, families of checks, and fingerprints of findings."""

from collections.abc import Collection, Iterable

import msgspec

from pgclinic import checks
from pgclinic.grading.grade import WEIGHTS
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Finding
from pgclinic.verbs.check_pages import suggestion


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """``examined`` are checks in alphabetical order; the rest says which of their findings are listed."""

    examined: tuple[str, ...]
    listed_checks: frozenset[str]
    listed_fingerprints: frozenset[str]
    ignored: frozenset[str]

    def lists(self, finding: Finding) -> bool:
        """Whether somebody wants to be told of it."""
        if finding.check in self.ignored or finding.fingerprint in self.ignored:
            return False
        return finding.check in self.listed_checks or finding.fingerprint in self.listed_fingerprints


def selected(only: Collection[str], ignore: Collection[str]) -> Selection:
    """Both take names of checks, families, and fingerprints. Raises UserError for what is none of these.

    What is ignored is examined nevertheless, because it counts in the grade; what ``only`` leaves out is not, unless
    ``only`` names a finding, which any check may yield.
    """
    asked, fingerprints = _told_apart(only)
    listed = frozenset(asked) if only else frozenset(checks.names())
    ignored_checks, ignored_fingerprints = _told_apart(ignore)
    examined = checks.names() if fingerprints else tuple(name for name in checks.names() if name in listed)
    return Selection(
        examined=examined,
        listed_checks=listed,
        listed_fingerprints=frozenset(fingerprints),
        ignored=frozenset(ignored_checks | ignored_fingerprints),
    )


def _told_apart(names: Iterable[str]) -> tuple[set[str], set[str]]:
    """Checks, with those of the families named, and fingerprints."""
    found: set[str] = set()
    fingerprints: set[str] = set()
    for name in names:
        if name in checks.names():
            found.add(name)
        elif name in WEIGHTS:
            found |= {check for check in checks.names() if checks.load(check).family == name}
        elif _is_fingerprint(name):
            fingerprints.add(name)
        else:
            raise UserError(
                f"There is no check, family or finding {name!r}{suggestion(name, (*checks.names(), *WEIGHTS))}"
            )
    return found, fingerprints


def _is_fingerprint(text: str) -> bool:
    return len(text) == 12 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004 - Finding.fingerprint's length
