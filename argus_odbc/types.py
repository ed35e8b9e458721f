"""SQL types: the rows of SQLGetTypeInfo and the description of a result column derived from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TypeRow:
    """One row of SQLGetTypeInfo: a type of the engine as ODBC sees it (SQLGetTypeInfo, columns 1 to 19)."""

    type_name: str
    sql_type: int
    column_size: int | None
    literal_prefix: str | None = None
    literal_suffix: str | None = None
    create_params: str | None = None
    nullable: int = 1
    case_sensitive: bool = False
    searchable: int = 2
    unsigned: bool | None = None
    fixed_prec_scale: bool = False
    auto_unique: bool | None = None
    local_type_name: str | None = None
    minimum_scale: int | None = None
    maximum_scale: int | None = None
    num_prec_radix: int | None = None
    interval_precision: int | None = None


@dataclass(frozen=True)
class Column:
    """One result column as the IRD, SQLDescribeCol and SQLColAttribute report it. Sizes as in ODBC's Appendix D."""

    name: str
    sql_type: int
    """Concise SQL type code."""
    column_size: int = 0
    decimal_digits: int = 0
    nullable: int = 2
    type_name: str = ""
    display_size: int = 0
    octet_length: int = 0
    num_prec_radix: int = 0
    unsigned: bool = False
    case_sensitive: bool = False
    searchable: int = 2
    fixed_prec_scale: bool = False
    auto_unique: bool = False
    literal_prefix: str = ""
    literal_suffix: str = ""
    local_type_name: str = ""
    base_column: str = ""
    base_table: str = ""
    table: str = ""
    schema: str = ""
    catalog: str = ""
    zone: str = ""
    """Time zone in which UTC timestamps of an Arrow result are shown; empty: values are local already."""
