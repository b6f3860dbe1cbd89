"""What ``pgclinic watch`` prints or tries instead of watching: its rules, files for other programs, its channels."""

from pathlib import Path

import typer


def rules_and_files(rules: Path | None, file: str, *, is_trial: bool) -> None:
    """Print the rules or a file, or try the channels of a file of rules: then exit with 1 where one failed."""
    from pgclinic.cli.output import deliver

    if is_trial:
        from pgclinic.report.printable import printable
        from pgclinic.verbs.watch_beside import tried

        outcome = tried(rules)
        words = {name: f"failed: {printable(why)}" if why else "works" for name, why in outcome.items()}
        deliver("".join(f"{printable(name)}: {said}\n" for name, said in words.items()), None)
        raise typer.Exit(1 if any(outcome.values()) else 0)
    if file:
        from pgclinic.watch import files

        deliver(files.text(files.GRAFANA if file == "grafana" else files.PROMETHEUS), None)
        return
    from pgclinic.watch.alerts.rules_file import default_text

    deliver(default_text(), None)
