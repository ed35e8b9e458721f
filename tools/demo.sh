#!/usr/bin/env bash
# The driver at work with no server: registers it in a folder of its own, connects through unixODBC, then with pyodbc.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD/build/odbc
mkdir -p "$home" build/demo
rm -f build/demo/*
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

# ---- a private registration: both variables together keep unixODBC inside the folder ----
.venv/bin/argus-odbc install --dir "$home" >/dev/null
cat >"$home/odbc.ini" <<INI
[Demo]
Driver = Argus
Description = Embedded DuckDB, one file
Backend = duckdb
Database = $PWD/build/demo/demo.duckdb
INI
export ODBCSYSINI=$home ODBCINSTINI=odbcinst.ini ODBCINI=$home/odbc.ini
# isql keeps its history, and DuckDB its extensions, in the home folder; the demo leaves no trace there.
export HOME=$home

# Shows each statement, then what isql answers to it.
sql() {
    local out
    printf '%s\n' "$1" | sed "s/^/${dim}SQL> ${plain}/"
    # One statement a line is what isql reads.
    out=$(printf '%s\n' "$1" | isql Demo -b -m18 2>&1) || { printf '%s\n' "$out"; exit 1; }
    printf '%s\n' "$out"
    case $out in *'[ISQL]ERROR'*) exit 1 ;; esac
}

title "1. isql, through unixODBC: a table"
sql "create table city (name varchar, country varchar, people bigint, founded date, area decimal(8,2))
insert into city values ('Ljubljana', 'Slovenia', 296000, date '1144-01-01', 163.80), ('Graz', 'Austria', 303000, date '1128-02-20', 127.57), ('Žilina', 'Slovakia', 81000, date '1321-07-07', 80.03)
select * from city order by people desc"

title "2. isql: a million rows written to a Parquet file, and a query over it"
sql "copy (select i as id, 'row ' || i as label, (i * 7919) % 1000 / 10.0 as price, date '2020-01-01' + cast(i % 2000 as integer) as day from range(1000000) t(i)) to 'build/demo/sales.parquet' (format parquet)
select year(day) as year, count(*) as n, cast(sum(price) as decimal(12,1)) as total, max(label) as last from 'build/demo/sales.parquet' group by 1 order by 1"

title "3. the same with pyodbc"
.venv/bin/python tools/demo.py "DSN=Demo"

title "That was Argus."
cat <<END
The driver is registered in build/odbc only. To go on by hand in this folder:

    export ODBCSYSINI=\$PWD/build/odbc ODBCINSTINI=odbcinst.ini ODBCINI=\$PWD/build/odbc/odbc.ini
    isql -v Demo
END
