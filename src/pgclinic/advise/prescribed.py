"""A remedy as an item of a course."""

from pgclinic.model.evidence import Fact
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Prescription, Remedy, Risk, When


def prescribed(
    cure: Remedy,
    about: ObjectName,
    *,
    reason: str,
    facts: tuple[Fact, ...] = (),
    cures: tuple[str, ...] = (),
    seconds: float | None = None,
    when: When = When.NOW,
    risk: Risk = Risk.LOW,
) -> Prescription:
    """The remedy for ``about``, a table or a setting; ``seconds`` that it takes are estimated, None for an instant."""
    return Prescription(
        kind=cure.kind,
        object=about,
        table=about,
        reason=reason,
        do=cure.do,
        undo=cure.undo,
        verify=cure.verify,
        hazards=cure.hazards,
        cures=cures,
        facts=facts,
        build_seconds=None if seconds is None else round(seconds, 1),
        when=when,
        risk=risk,
    )
