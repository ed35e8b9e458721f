"""Impala's SQL on DuckDB: literals, labels, types, query options, and the statements Impala adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import duckdb
from hs2_wire import Column, Type

if TYPE_CHECKING:
    pass


VERSION = "impalad version 5.0.0-RELEASE RELEASE (build 0000000000000000000000000000000000000000)"
GENERAL, NOT_IMPLEMENTED = "HY000", "HYC00"


# ------------------------------------------------------------------------------------------ errors
class HS2Error(Exception):
    """An error status; ``detail`` texts end in a newline, as Impala's status details do."""

    def __init__(self, message: str, state: str = GENERAL, plain: bool = False) -> None:
        super().__init__(message if plain else message + "\n")
        self.state = state


class SqlError(Exception):
    """A statement that does not parse or analyse; the text names Impala's exception class."""


def impala_error(error: Exception, sql: str) -> str:
    """DuckDB's message in the words that Impala uses for the same mistake."""
    text = str(error)
    if isinstance(error, SqlError):
        return text
    if isinstance(error, duckdb.ParserException):
        word = (re.search(r'at or near "(.*?)"', text) or [None, ""])[1]
        at = max(sql.lower().find(word.lower()), 0) if word else len(sql)
        line = sql.count("\n", 0, at) + 1
        kind = "IDENTIFIER" if re.match(r"\w", word) else word or "EOF"
        shown = sql.splitlines()[line - 1] if sql else ""
        return (
            f"ParseException: Syntax error in line {line}:\n{shown}\n{' ' * (at - sql.rfind(chr(10), 0, at) - 1)}^\n"
            f"Encountered: {kind}\nExpected: ALTER, COMMENT, SELECT, WITH\n\nCAUSED BY: Exception: Syntax error"
        )
    if m := re.search(r"Table with name (\S+) does not exist", text):
        name = (re.search(rf"[\w.`]*\b{re.escape(m[1])}\b`?", sql, re.I) or [m[1]])[0]
        return f"AnalysisException: Could not resolve table reference: '{name.replace('`', '')}'"
    if m := re.search(r'Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"', text):
        return f"AnalysisException: Could not resolve column/field reference: '{(m[1] or m[2]).lower()}'"
    if m := re.search(r"(?:Scalar|Aggregate|Table)? ?Function with name (\S+) does not exist", text):
        return f"AnalysisException: default.{m[1].lower()}() unknown for database default. Currently this db has 0 functions."
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException, duckdb.NotImplementedException)):
        return "AnalysisException: " + text.partition(": ")[2].splitlines()[0]
    if isinstance(error, duckdb.InterruptException):
        return "Cancelled"
    return text.partition(": ")[2].splitlines()[0] or text


# ------------------------------------------------------------------------------------- SQL dialect
TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<str>'(?:\\.|[^\\'])*'|\"(?:\\.|[^\\\"])*\")|(?P<id>`[^`]*`)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<num>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<ws>\s+)|(?P<op><=>|.)",
    re.S,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def tokens(sql: str) -> list[tuple[str, str]]:
    return [(m.lastgroup or "op", m[0]) for m in TOKEN.finditer(sql)]


def string_value(literal: str) -> str:
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), literal[1:-1], flags=re.S)


def quote(text: str, mark: str = "'") -> str:
    return mark + text.replace(mark, mark * 2) + mark


def to_duck(sql: str) -> str:
    """Impala SQL as DuckDB SQL."""
    out: list[str] = []
    toks = [t for t in tokens(sql) if t[0] != "comment"]
    last, like = "", False
    i = 0
    while i < len(toks):
        kind, text = toks[i]
        low = text.lower()
        if kind == "ws":
            out.append(" ")
            i += 1
            continue
        if kind == "str":
            value = string_value(text)
            if last == "str":  # two literals side by side: the second one is a column alias
                out.append("AS " + quote(value, '"'))
            else:
                out.append(quote(value) + (" ESCAPE '\\'" if like and "\\" in value else ""))
        elif kind == "id":
            out.append(quote(text[1:-1].lower(), '"'))
        else:
            out.append(
                {
                    "div": "//",
                    "<=>": "IS NOT DISTINCT FROM",
                    "rlike": "SIMILAR TO",
                    "real": "double",
                    "straight_join": "",
                    "cast": "try_cast",
                    "current_timestamp": "current_localtimestamp()",
                    "string": "varchar",
                }.get(low, text)
            )
            if low == "default" and i + 1 < len(toks) and toks[i + 1][1] == ".":
                out[-1] = '"default"'
        like = low in ("like", "ilike")
        last = kind
        i += 1
    return "".join(out).strip()


def select_items(sql: str) -> list[str]:
    """The texts of the select list, for the labels and literal types that Impala gives them."""
    toks = [t for t in tokens(sql) if t[0] != "comment"]
    words = [t for k, t in toks if k != "ws"]
    if not words or words[0].lower() != "select":
        return []
    items, depth, current = [], 0, ""
    for kind, text in toks[[t.lower() for _, t in toks].index("select") + 1 :]:
        depth += (text == "(") - (text == ")")
        if (
            depth == 0
            and kind == "word"
            and text.lower() in ("from", "where", "union", "limit", "order", "group", "having")
        ):
            break
        if depth == 0 and text == "," and kind == "op":
            items.append(current.strip())
            current = ""
        else:
            current += " " if kind == "ws" else text
    return [re.sub(r"^(distinct|all)\s+", "", s, flags=re.I) for s in [*items, current.strip()]]


ALIAS = re.compile(
    r"\s+as\s+[`'\"]?\w+[`'\"]?$|(?<=[\w)`'\"])(?<!\band)(?<!\bor)(?<!\bnot)(?<!\bis)(?<!\bdiv)(?<!\blike)\s+"
    r"(?!(?:end|null|true|false)$)[`'\"]?[a-z_]\w*[`'\"]?$|(?<=['\"])(['\"])\w+\1$",
    re.I,
)


def refine(columns: list[Column], sql: str) -> list[Column]:
    """Impala's own labels (lower case, expression text) and smallest literal types."""
    items = select_items(sql)
    if len(items) != len(columns) or any(i.endswith("*") for i in items):
        return [(n.lower(), t) for n, t in columns]
    out = []
    for (name, t), item in zip(columns, items, strict=True):
        expr = ALIAS.sub("", item)
        label = name.lower()
        if (expr == item and not re.fullmatch(r"[\w.`]+", item)) or re.fullmatch(r"[\d.]+", item):
            label = re.sub(r'^"(.*)"$', r"'\1'", item.lower())
        if re.fullmatch(r"-?\d+", expr):
            n = abs(int(expr))
            t = Type(
                next(
                    k
                    for k, top in (("TINYINT", 127), ("SMALLINT", 32767), ("INT", 2**31 - 1), ("BIGINT", 2**63))
                    if n <= top
                )
            )
        out.append((label, Type("NULL_TYPE") if expr.lower() == "null" else t))
    return out


def jdbc_pattern(pattern: str | None) -> Callable[[str], bool]:
    """Impala's JDBC pattern: case-sensitive against lower-case names, regex characters not escaped."""
    if not pattern:
        return lambda name: True
    p = re.sub(r"([^\\])%", r"\1.*", pattern)
    p = re.sub(r"^%", ".*", p.replace("\\%", "%"))
    p = re.sub(r"([^\\])_", r"\1.", p)
    p = re.sub(r"^_", ".", p.replace("\\_", "_"))
    try:
        compiled = re.compile(p)
    except re.error as e:
        raise HS2Error(f"PatternSyntaxException: {e}") from e
    return lambda name: compiled.fullmatch(name) is not None


def hive_pattern(pattern: str | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda name: True
    parts = [re.escape(p).replace(r"\*", ".*") for p in pattern.split("|")]
    return lambda name: any(re.fullmatch(p, name) for p in parts)


# --------------------------------------------------------------------------------- query options
OPTIONS = {  # name: (default, level)
    **{
        n: (v, "REGULAR")
        for n, v in {
            "COMPRESSION_CODEC": "",
            "DEFAULT_FILE_FORMAT": "TEXT",
            "EXPLAIN_LEVEL": "STANDARD",
            "MEM_LIMIT": "0",
            "NUM_NODES": "0",
            "REQUEST_POOL": "",
            "SYNC_DDL": "0",
            "TIMEZONE": "UTC",
            "MT_DOP": "",
            "PARQUET_FILE_SIZE": "0",
            "QUERY_TIMEOUT_S": "0",
            "EXEC_TIME_LIMIT_S": "0",
            "IDLE_SESSION_TIMEOUT": "0",
            "APPX_COUNT_DISTINCT": "0",
        }.items()
    },
    **{
        n: (v, "ADVANCED")
        for n, v in {
            "ABORT_ON_ERROR": "0",
            "MAX_ERRORS": "100",
            "MAX_NUM_RUNTIME_FILTERS": "10",
            "FETCH_ROWS_TIMEOUT_MS": "10000",
            "SPOOL_QUERY_RESULTS": "1",
            "MAX_ROW_SIZE": "524288",
            "DECIMAL_V2": "1",
            "DEFAULT_TRANSACTIONAL_TYPE": "NONE",
            "STRINGIFY_MAP_KEYS": "0",
            "ENABLED_RUNTIME_FILTER_TYPES": "BLOOM,MIN_MAX",
            "LONG_POLLING_TIME_MS": "0",
            "MAX_STATEMENT_LENGTH_BYTES": "16777216",
            "NUM_ROWS_PRODUCED_LIMIT": "0",
            "CLIENT_IDENTIFIER": "",
            "RETRY_FAILED_QUERIES": "0",
            "EXPAND_COMPLEX_TYPES": "0",
            "UTF8_MODE": "0",
        }.items()
    },
    **{n: (v, "DEVELOPMENT") for n, v in {"BATCH_SIZE": "0", "DEBUG_ACTION": "", "DISABLE_CODEGEN": "0"}.items()},
    **dict.fromkeys(("MAX_IO_BUFFERS", "SUPPORT_START_OVER", "V_CPU_CORES", "DISABLE_CACHED_READS"), ("", "REMOVED")),
}
BOOLEAN_OPTIONS = {
    "SYNC_DDL",
    "ABORT_ON_ERROR",
    "SPOOL_QUERY_RESULTS",
    "DECIMAL_V2",
    "APPX_COUNT_DISTINCT",
    "UTF8_MODE",
    "STRINGIFY_MAP_KEYS",
    "RETRY_FAILED_QUERIES",
    "EXPAND_COMPLEX_TYPES",
    "DISABLE_CODEGEN",
}


def set_option(options: dict[str, str], key: str, value: str) -> None:
    name = key.upper()
    if name not in OPTIONS:
        raise HS2Error(f"Invalid query option: {key}")
    if OPTIONS[name][1] == "REMOVED":
        return
    if value == "":
        options.pop(name, None)
    elif name in BOOLEAN_OPTIONS:
        if value.lower() not in ("0", "1", "true", "false"):
            raise HS2Error(f"Invalid value for query option {name}: {value}")
        options[name] = "1" if value.lower() in ("1", "true") else "0"
    else:
        options[name] = (
            value.upper() if name in ("COMPRESSION_CODEC", "EXPLAIN_LEVEL", "DEFAULT_FILE_FORMAT") else value
        )


# --------------------------------------------------------------------------------------- statements
MACROS = [
    "version() AS " + quote(VERSION),
    "pid() AS 1",
    "nvl(a, b) AS coalesce(a, b)",
    "zeroifnull(a) AS coalesce(a, 0)",
    "nullifzero(a) AS nullif(a, 0)",
    "isnull(a, b) AS coalesce(a, b)",
    "unix_timestamp() AS epoch(current_localtimestamp())::BIGINT, (a) AS epoch(a)::BIGINT",
    "int_months_between(a, b) AS date_sub('month', b, a)",
    "strleft(a, b) AS left(a, b)",
    "strright(a, b) AS right(a, b)",
    "space(a) AS repeat(' ', a)",
    "locate(a, b) AS instr(b, a), (a, b, c) AS if(instr(substr(b, c), a) = 0, 0, instr(substr(b, c), a) + c - 1)",
    "truncate(a, b) AS trunc(a * pow(10, b)) / pow(10, b)",
    "user() AS 'ann'",
    "rand(a) AS random(), () AS random()",
    "dayofweek(a) AS isodow(a) % 7 + 1",
    "ucase(a) AS upper(a)",
    "lcase(a) AS lower(a)",
    "fnv_hash(a) AS hash(a)::BIGINT",
    "adddate(a, b) AS (a + to_days(b))",
    "char_length(a) AS length(a)",
    "utc_timestamp() AS current_localtimestamp()",
    "now() AS current_localtimestamp()",
]
