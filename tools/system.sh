#!/usr/bin/env bash
# Checks that the programs and headers from the system are there; installs the missing ones through apt where it may,
# else names them in one sentence and fails.     tools/system.sh PYTHON demo|test|lint|bench
set -euo pipefail
python=$1 level=$2
missing=()
need() { # need PACKAGE TEST...: note the Debian package when the test fails
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

need g++ sh -c 'command -v g++ && command -v gcc'
need unixodbc sh -c 'command -v isql && command -v iusql && command -v odbcinst'
need unixodbc-dev sh -c 'echo "#include <sqlext.h>" | gcc -E -'
need "python$version-venv" "$python" -c 'import ensurepip, venv'
need "python$version-dev" "$python" -c 'import os, sysconfig; os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))'
# A C host starts Python from its shared library; an interpreter that is linked statically does not bring one.
need "libpython$version" "$python" -c '
import ctypes, os, sysconfig
name = sysconfig.get_config_var("INSTSONAME") if sysconfig.get_config_var("Py_ENABLE_SHARED") else "libpython'"$version"'.so.1.0"
folder = sysconfig.get_config_var("LIBDIR") or ""
path = os.path.join(folder, name)
ctypes.CDLL(path if os.path.exists(path) else name)'
if [ "$level" != demo ]; then
    need cmake command -v cmake
    need ninja-build command -v ninja
    need iodbc command -v iodbctest
    need libiodbc2 "$python" -c 'import ctypes; ctypes.CDLL("libiodbc.so.2")'
    # Fetches the jars of the Hive that the tests start, and brings a Java where there is none.
    need maven command -v mvn
    # A KDC for the logins by Kerberos, and the headers that the Python package gssapi is built with.
    need krb5-kdc sh -c 'PATH=$PATH:/usr/sbin; command -v krb5kdc'
    need krb5-admin-server sh -c 'PATH=$PATH:/usr/sbin; command -v kadmin.local'
    need krb5-user command -v kinit
    need libkrb5-dev command -v krb5-config
    # turbodbc, one of the client programs, is built from its sources.
    need libboost-dev sh -c 'echo "#include <boost/version.hpp>" | g++ -x c++ -E -'
    # R and RODBC, one of the client programs.
    need r-base-core command -v Rscript
    need r-cran-rodbc Rscript --vanilla -e 'library(RODBC)'
    # Debian's own interpreter is one of the hosts that the driver is tested in.
    need python3-minimal test -x /usr/bin/python3
fi
if [ "$level" = bench ]; then
    need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb'
    # The engines' JDBC drivers are peers there; Maven fetches them.
    need default-jdk-headless command -v javac
    need odbc-postgresql sh -c 'ls /usr/lib/*/odbc/psqlodbcw.so'
fi
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
fi
if ! command -v apt-get >/dev/null || [ "${as_root[0]:-}" = false ]; then
    echo "Missing from the system: ${missing[*]} (Debian's package names). Install them and run this again: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing from the system's packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
rm -f "$log"
