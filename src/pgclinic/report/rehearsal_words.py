"""What every form of a rehearsal's report says, so that nobody takes its times for their own."""

from pgclinic.model.rehearsal import Made

DISCLAIMER = (
    "Times here are rehearsed: measured on a private server with synthetic rows that were drawn from the "
    "snapshot's statistics. They are not the times of your server; what carries over is which statements gain, "
    "about how much, and that the treatment works."
)
WITHOUT_VALUES = (
    "The snapshot was taken without values, so all of them are invented: only how many there are, how wide "
    "and how often null is as at the source, and row estimates may be far from it."
)


def made_words(made: Made) -> str:
    """Version, scale, seed and size."""
    rows = sum(table.rows for table in made.tables)
    cut = f" (of {made.asked:g} asked for)" if made.scale < made.asked else ""
    return (
        f"{made.made_with} for a {made.source_version} server, scale {made.scale:.3g}{cut}, seed {made.seed}, "
        f"{rows:,} rows in {len(made.tables)} tables"
    )
