"""Prints what pip has to install for some of pyproject's extras: `requirements.py demo,bench`.

Read here instead of by `pip install .[extras]`, so that packages and native build are two steps, each repeated
only when its own input has changed. Build requirements are part of every set: the build runs in the environment.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def requirements(extras: list[str]) -> list[str]:
    """Requirement lines of `extras`, of the package and of its build, with extras of its own name resolved."""
    config = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    project = config["project"]
    optional: dict[str, list[str]] = project.get("optional-dependencies", {})
    own = re.compile(re.escape(project["name"]) + r"\[([^\]]+)\]$")
    found = dict.fromkeys(config["build-system"]["requires"] + project.get("dependencies", []))
    pending = list(extras)
    while pending:
        extra = pending.pop(0)
        if extra not in optional:
            raise SystemExit(f"pyproject.toml has no extra {extra!r}; it has: {', '.join(optional)}")
        for line in optional[extra]:
            match = own.match(line)
            if match:
                pending += [name.strip() for name in match[1].split(",")]
            else:
                found[line] = None
    return list(found)


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1].split(","))))
