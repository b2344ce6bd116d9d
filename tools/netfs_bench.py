# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at runs: reports, compares, exports, declares a baseline. It measures nothing and asks no node.

A run is a directory of results, or the name of one; "baseline" and "latest" are names too. Reports are written into the
directory of the run, those of a comparison of two runs into against-BASE in the directory of the second.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# the collection may lie in a checkout, where set-up has linked it, or be installed, where its path says its name
for place in (*ROOT.parents[2:3], ROOT / ".venv/collections"):
    if (place / "ansible_collections/netfs/bench").exists():
        sys.path.insert(0, str(place))
        break
try:
    from ansible_collections.netfs.bench.plugins.plugin_utils import _acceptance_report, _export, _reports, _verdicts
    from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
    from ansible_collections.netfs.bench.plugins.plugin_utils._runs import all_runs, latest_run
except ImportError as problem:
    sys.exit(f"netfs-bench: {problem}. Call make setup first, or put a Python that has Ansible first in PATH.")

EXIT_USAGE = 2


def find(results: Path, name: str) -> Path:
    """The directory of a run from its path, its name, "baseline" or "latest"."""
    if name == "latest":
        run = latest_run(results)
        if run is None:
            raise RunError(f"There is no run in {results}. Measure something first, or name another with --results.")
        return run
    if name == "baseline":
        found = _verdicts.baseline_of(results)
        if found is None:
            raise RunError(f"{results} has no baseline. Declare one: netfs-bench baseline RUN")
        return found
    for path in (results / name, Path(name)):
        if (path / "plan.json").exists():
            return path
    raise RunError(f"{name} is not a run: neither {results / name} nor {Path(name)} has a plan.json.")


def say(lines: t.Iterable[str]) -> None:
    """Print lines; what the terminal cannot show becomes a question mark, never an error."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def report(options: argparse.Namespace) -> int:
    """Write the reports of a run again and print the table."""
    findings, place = _reports.judge(find(options.results, options.run), strict=options.strict, force=options.force)
    lines, _changed = _reports.write(place, findings)
    say([*lines, f"Page: {place / 'report.html'}"])
    return findings.code


def compare(options: argparse.Namespace) -> int:
    """Compare a run with an earlier one, or the systems of one run."""
    names = options.runs
    base = find(options.results, names[0]) if len(names) == 2 else None
    run = find(options.results, names[-1])
    findings, place = _reports.judge(run, base, strict=options.strict, force=options.force)
    lines, _changed = _reports.write(place, findings)
    say([*lines, f"Page: {place / 'report.html'}"])
    return findings.code


def show(options: argparse.Namespace) -> int:
    """List the runs of a results directory, or print one and end with its exit code, without writing anything."""
    if options.run:
        run = find(options.results, options.run)
        findings, _place = _reports.judge(run, strict=options.strict, force=options.force)
        say(_reports.tables(findings)[0])
        return findings.code
    find(options.results, "latest")
    baseline = _verdicts.baseline_of(options.results)
    for run in all_runs(options.results):
        try:
            findings, place = _reports.judge(run)
        except RunError as error:
            say([f"{run.name}: not readable. {error}"])
            continue
        mark = " (baseline)" if baseline and place.name == baseline.name else ""
        say([f"{place.name}{mark}: exit code {findings.code}. {_reports.sentence(findings)}"])
    return 0


def export(options: argparse.Namespace) -> int:
    """Print a run for another program."""
    base = find(options.results, options.base) if options.base else None
    findings, _place = _reports.judge(
        find(options.results, options.run), base, strict=options.strict, force=options.force
    )
    sys.stdout.write(_reports.export(findings, options.to))
    return 0


def baseline(options: argparse.Namespace) -> int:
    """Declare a run the baseline of its results directory."""
    document = _verdicts.declare_baseline(find(options.results, options.run))
    say([f"{document['run']} is the baseline of {options.results}."])
    return 0


def acceptance(options: argparse.Namespace) -> int:
    """Print what the latest acceptance of a cluster found, and end with its exit code."""
    found = _acceptance_report.read(options.results)
    say([*_acceptance_report.printed(found), f"Asked at {found['at']}."])
    return int(found["exit_code"])


def parser() -> argparse.ArgumentParser:
    """Commands and their options."""
    codes = "; ".join(f"{code} {meaning}" for code, meaning in _verdicts.EXIT_MEANINGS.items())
    epilog = f"Exit codes: {codes}; 2 an error."
    main_parser = argparse.ArgumentParser("netfs-bench", description=__doc__, epilog=epilog)
    main_parser.add_argument("--results", type=Path, default=Path("results"), help="directory of the runs (results)")
    commands = main_parser.add_subparsers(required=True, metavar="COMMAND")

    force = "compare also what was measured under different conditions, and say so in every table"

    def command(function: t.Callable[[argparse.Namespace], int], judges: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        added.set_defaults(function=function)
        if judges:
            added.add_argument("--strict", action="store_true", help="count inconclusive as noisy (exit code 11)")
            added.add_argument("--force", action="store_true", help=force)
        return added

    added = command(compare)
    added.add_argument("runs", nargs="+", metavar="RUN", help="BASE RUN, or one RUN to compare its systems")
    added = command(report)
    added.add_argument("run", metavar="RUN")
    added = command(show)
    added.add_argument("run", nargs="?", metavar="RUN", help="without one, all runs are listed")
    added = command(export)
    added.add_argument("run", metavar="RUN")
    added.add_argument("--to", choices=sorted(_export.EXPORTS), required=True)
    added.add_argument("--base", metavar="RUN", help="compare with this run instead of system with system")
    added = command(baseline, judges=False)
    added.add_argument("run", metavar="RUN")
    command(acceptance, judges=False)
    return main_parser


def main() -> int:
    options = parser().parse_args()
    sys.stdout.reconfigure(errors="replace")
    # whoever reads what is printed may have enough of it, as head has
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # nothing here refers to itself, and a large run has millions of objects that would be looked at again and again
    gc.disable()
    if options.function is compare and len(options.runs) > 2:
        parser().error("compare takes one run or two")
    try:
        return t.cast("int", options.function(options))
    except RunError as error:
        sys.stderr.write(f"netfs-bench: {error}\n")
        return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main())
