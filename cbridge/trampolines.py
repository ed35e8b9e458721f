"""Writes the loader's exported functions from the header that Cython generates for `cdef public` functions.

    python trampolines.py _core.h trampolines.h

Each one opens the core on its first call and then jumps through a table. What it answers when there is no core
stands in NO_CORE (broken.h); everything else is SQL_ERROR then.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PROTOTYPE = re.compile(r"^__PYX_EXTERN_C (\w+) ((?:SQL|ConfigDSN)\w*)\(([^()]*)\);$", re.M)

# Without a core: just enough for a driver manager to reach connect, be refused, and ask why. {0}, {1} … are arguments.
NO_CORE = {
    "SQLAllocHandle": "broken_alloc({2})",
    "SQLAllocEnv": "broken_alloc({0})",
    "SQLAllocConnect": "broken_alloc({1})",
    "SQLFreeHandle": "SQL_SUCCESS",
    "SQLFreeEnv": "SQL_SUCCESS",
    "SQLFreeConnect": "SQL_SUCCESS",
    "SQLSetConnectOption": "SQL_SUCCESS",
    "SQLSetConnectOptionW": "SQL_SUCCESS",
    "SQLSetEnvAttr": "SQL_SUCCESS",
    "SQLSetConnectAttr": "SQL_SUCCESS",
    "SQLSetConnectAttrW": "SQL_SUCCESS",
    "SQLGetDiagRec": "broken_rec({2}, {3}, {4}, {5}, {6}, {7}, 1)",
    "SQLGetDiagRecW": "broken_rec({2}, {3}, {4}, {5}, {6}, {7}, argus_wchar_bytes())",
    "SQLError": "broken_error({3}, {4}, {5}, {6}, {7}, 1)",
    "SQLErrorW": "broken_error({3}, {4}, {5}, {6}, {7}, argus_wchar_bytes())",
    "SQLGetDiagField": "broken_field({2}, {3}, {4}, {5}, {6}, 1)",
    "SQLGetDiagFieldW": "broken_field({2}, {3}, {4}, {5}, {6}, argus_wchar_bytes())",
}


def function(result: str, name: str, types: list[str]) -> list[str]:
    """C text of one exported function."""
    arguments = [f"a{i}" for i in range(len(types))]
    declared = ", ".join(f"{kind} {a}" for kind, a in zip(types, arguments, strict=True)) or "void"
    failure = "SQL_ERROR" if result == "SQLRETURN" else "0"
    refusal = NO_CORE.get(name, failure).format(*arguments)
    pointer = f"{result} (*)({', '.join(types) or 'void'})"
    return [
        f"{result} {name}({declared}) {{",
        f"  void *to = target(I_{name});",
        f"  if (!to) return {refusal if refusal == failure else f'argus_load(&no_core) ? {refusal} : {failure}'};",
        f"  return (({pointer})to)({', '.join(arguments)});",
        "}",
    ]


def write(header: str) -> str:
    """The whole include file for the text of a Cython header."""
    found = sorted(PROTOTYPE.findall(header), key=lambda one: one[1])
    lines = ["/* Written by trampolines.py. */", "enum {"]
    lines += [f"  I_{name}," for _, name, _ in found]
    lines += ["  N_TARGETS", "};", "static const char *const names[N_TARGETS + 1] = {"]
    lines += [f'    "{name}",' for _, name, _ in found]
    lines += ["    NULL};", "static void *targets[N_TARGETS + 1];", "static inline void *target(int i);", ""]
    for result, name, arguments in found:
        types = [kind.strip() for kind in arguments.split(",") if kind.strip() not in ("", "void")]
        lines += function(result, name, types)
    return "\n".join(lines) + "\n"


def main(source: str, target: str) -> None:
    """Write `target` unless it already says the same, so that nothing is compiled again without need."""
    header = Path(source)
    text = write(header.read_text("utf-8") if header.exists() else "")
    out = Path(target)
    if not out.exists() or out.read_text("utf-8") != text:
        out.write_text(text, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
