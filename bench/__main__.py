"""`python -m bench [SUITE...] [--quick] [--publish]`: measures, prints, writes bench/results/*.json and bench.svg.

Each suite is a process of its own: one that fails takes no figure of another along, and what it leaves running is ended
before the next begins.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench import chart, goals, report
from bench.common import DRIVER, RESULTS, ROOT
from bench.suites import SUITES

LIMIT_SECONDS = 900
"""What a suite may take: trino, the longest, takes some 8 minutes on two processors."""
PATIENCE = 60
"""Seconds for a suite to end its servers."""
PR_SET_CHILD_SUBREAPER = 36


def children() -> list[tuple[int, str]]:
    """Processes whose parent is this one, and their names; empty for one that has ended already."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:  # ended meanwhile
                continue
            if int(rest.split()[1]) == os.getpid():
                found.append((int(entry.name), "" if rest.split()[0] == "Z" else name))
    return found


def end_leftovers() -> list[str]:
    """End the servers of a suite that has ended, and theirs; the names of those that were still there."""
    names = []
    while left := children():
        for pid, name in left:
            os.kill(pid, signal.SIGKILL)  # one that has ended is there until it is waited for
            os.waitpid(pid, 0)
            names.append(name)
    return [name for name in names if name]


def run(name: str, quick: bool, file: Path) -> str:
    """One suite. Why it failed; empty when it did not."""
    command = [sys.executable, "-m", "bench.suites", name, str(file), *(["--quick"] if quick else [])]
    with subprocess.Popen(command, cwd=ROOT) as suite:
        why = ""
        try:
            code = suite.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            why = f"not done after {LIMIT_SECONDS} seconds"
            suite.terminate()
            try:
                code = suite.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                suite.kill()
                code = suite.wait()
        except KeyboardInterrupt:
            suite.wait(PATIENCE)  # the terminal told it too
            raise
    if code and not why:
        why = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}: see its message above"
    left = end_leftovers()
    if left:
        print(f"{name} left {', '.join(left)} running: ended", flush=True)
    return why


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("suite", nargs="*", choices=[*SUITES, []], default=[])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows; figures to look at, not to quote")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the tables of bench/README.md and README.md and docs/bench.svg: of a whole run only",
    )
    options = parser.parse_args()
    if options.publish and (options.suite or options.quick):
        parser.error("--publish is for a whole run: without names of suites, without --quick")
    RESULTS.mkdir(exist_ok=True)
    print(f"driver {DRIVER}, {os.cpu_count()} processors\n")
    print(f"{'':4} {'value':>9}  {'noise':<16} {'bar':<8} {'goal':<8} figure", flush=True)
    # A server whose suite is gone becomes a child of this process, which finds and ends it.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    now, start = datetime.datetime.now(datetime.UTC), time.monotonic()
    written, drawing = RESULTS / f"{now:%Y%m%d-%H%M%S}.json", RESULTS / "bench.svg"
    part = RESULTS / "suite.json"
    done = report.Run([], {})
    names = options.suite or list(SUITES)
    for i, name in enumerate(names, 1):
        began = time.monotonic()
        print(f"== {name} ({i} of {len(names)}), {clock(began - start)} after the start", flush=True)
        part.unlink(missing_ok=True)
        why = run(name, options.quick, part)
        figures = report.figures_of(part.read_text("utf-8")) if part.exists() else []
        done = done.joined(report.Run(figures, {name: why}))
        written.write_text(done.text(), "utf-8")
        print(f"== {name}: {why or 'done'}, {clock(time.monotonic() - began)}", flush=True)
    part.unlink(missing_ok=True)
    drawing.write_text(chart.draw(done.figures, report.when(now)), "utf-8")
    if options.publish:
        report.publish(done, report.when(now))
    return conclude(done, written, drawing, time.monotonic() - start)


def conclude(done: report.Run, written: Path, drawing: Path, seconds: float) -> int:
    """What the run comes to; the exit code."""
    print(f"\n{goals.text(done.figures)}")
    figures, aims = done.figures, [f for f in done.figures if f.goal is not None]
    print(f"\n{sum(f.good for f in figures)} of {len(figures)} figures reach their bar, ", end="")
    print(f"{sum(f.at_goal for f in aims)} of {len(aims)} their goal; {clock(seconds)} minutes")
    print(f"written to {written} and {drawing}")
    for name, why in done.failed().items():
        print(f"FAILED {name}: {why}")
    return 0 if all(f.good for f in figures) and not done.failed() else 1


if __name__ == "__main__":
    sys.exit(main())
