"""Comparisons with what is published: ``make bench``, or ``python -m benchmarks NAME`` for some of them.

Each prints a table, the lines to keep beside our figures, and leaves the same as JSON in ``.cache/bench``.
"""

import argparse
import importlib
import pkgutil
from pathlib import Path

from benchmarks import report

_PARTS = {"report"}


def main() -> None:
    """Run the named benchmarks, or all. Exits with 1 when a line was missed."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    known = sorted(each.name for each in modules if not each.ispkg and not each.name.startswith("_"))
    known = [name for name in known if name not in _PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    chosen = parser.parse_args().names or known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    missed = 0
    for name in chosen:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        print(f"== {name}: {(benchmark.__doc__ or '').partition(chr(10))[0]}", flush=True)
        rows = benchmark.run()
        report.show(rows)
        print(f"   ({report.write(name, rows)})")
        missed += sum(row.passes is False for row in rows)
    if missed:
        raise SystemExit(f"{missed} figures missed their lines.")


main()
