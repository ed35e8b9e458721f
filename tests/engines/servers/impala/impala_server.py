"""A HiveServer2 that answers as an Impala coordinator does, for tests: SQL runs on an embedded DuckDB.

What a client sees on the wire (protocol version, handles, states, row sets, error texts, row counts, timeouts) follows
Impala's behaviour. No security, no durability.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime as dt
import hmac
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import impala_http
from hs2_wire import (
    CALLS,
    ERROR,
    ERROR_STATE,
    FINISHED,
    INITIALIZED,
    MAX_PROTOCOL,
    METHODS,
    OK,
    OPERATION_TYPES,
    PENDING,
    RUNNING,
    STILL_EXECUTING,
    UNIMPLEMENTED,
    S,
    SaslTransport,
    Struct,
    Type,
    row_set,
)  # fmt: skip
from impala_catalog import CatalogCalls
from impala_dialect import GENERAL, MACROS, NOT_IMPLEMENTED, VERSION, HS2Error, SqlError, impala_error, set_option
from impala_planner import Planner
from impala_sessions import MAX_CACHE, MAX_FETCH, Query, Session, print_id
from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.Thrift import TApplicationException, TMessageType, TType
from thrift.transport import TSocket, TTransport

FETCH_NEXT, FETCH_FIRST = 0, 4  # TFetchOrientation

GET_INFO: dict[int, dict[str, Any]] = {
    13: {"stringValue": "Impala"},
    17: {"stringValue": "Impala"},
    18: {"stringValue": "5.0.0-RELEASE"},
    30: {"lenValue": 767},
    **{k: {"lenValue": 128} for k in (31, 32, 34, 35, 107, 10005)},
    28: {"smallIntValue": 2},
    29: {"stringValue": "`"},
    14: {"stringValue": "\\"},
    25: {"smallIntValue": 0},
    46: {"smallIntValue": 0},
    90: {"stringValue": "N"},
    **{k: {"lenValue": 0} for k in (97, 99, 100, 101, 106)},
    105: {"lenValue": 16777216},
    104: {"lenValue": 524288},
    94: {"stringValue": ""},
    85: {"smallIntValue": 2},
    86: {"integerBitmask": 3},
    115: {"integerBitmask": 127},
    73: {"smallIntValue": 0},
    10002: {"smallIntValue": 0},
    10000: {"stringValue": "1995"},
    2: {"stringValue": "Impala"},
    19: {"smallIntValue": 1},
    20: {"smallIntValue": 0},
    23: {"smallIntValue": 1},
    26: {"smallIntValue": 0},
    72: {"integerBitmask": 0},
    10006: {
        "stringValue": "ANALYTIC,BIGINT,BUCKETS,COMPUTE,ICEBERG,KUDU,REFRESH,SHOW,STATS,STRAIGHT_JOIN,TBLPROPERTIES,UPSERT"
    },
}


class Connection:
    """What the transport knows of the client; HTTP requests get one each."""

    def __init__(self, user: str = "", do_as: str = "", origin: str = "") -> None:
        self.user, self.do_as, self.origin = user, do_as, origin


class ImpalaServer(CatalogCalls):
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.duck = duckdb.connect(args.database, config={"threads": 1, "memory_limit": "1GB"})
        for macro in MACROS:
            self.duck.execute("CREATE OR REPLACE MACRO main." + macro)
        self.duck.execute('CREATE SCHEMA IF NOT EXISTS "default"; CREATE SCHEMA IF NOT EXISTS _impala_builtins')
        self.sized: dict[tuple[str, str], dict[str, Type]] = {}  # CHAR and VARCHAR columns of each table
        self.partitions: dict[tuple[str, str], list[str]] = {}
        self.unloaded: set[tuple[str, str]] = set()  # tables whose metadata was invalidated
        self.lock = threading.RLock()
        self.local = threading.local()  # the user of the call being answered
        self.sessions: dict[bytes, Session] = {}
        self.queries: dict[bytes, Query] = {}
        self.archive: collections.OrderedDict[bytes, Query] = collections.OrderedDict()
        self.interrupted: dict[bytes, str] = {}
        self.rows_sent = self.expirations = 0
        threading.Thread(target=self.maintain, daemon=True).start()
        if args.init:
            session = Session(self, "init", MAX_PROTOCOL, Connection())
            for stmt in filter(str.strip, Path(args.init).read_text("utf-8").split(";\n")):
                kind, cols, run = Planner(self, session).plan(stmt)
                list(run(Query(session, stmt, kind, cols, {})))

    def databases(self) -> list[str]:
        return [
            r[0]
            for r in self.duck.cursor()
            .execute(
                "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND schema_name <> 'main' AND "
                "database_name = current_database() ORDER BY 1"
            )
            .fetchall()
        ]

    def tables(self) -> list[tuple[str, str, str, str]]:
        return (
            self.duck.cursor()
            .execute(
                "SELECT schema_name, table_name, 'TABLE', coalesce(comment, '') FROM duckdb_tables() WHERE NOT internal "
                "UNION ALL "
                "SELECT schema_name, view_name, 'VIEW', coalesce(comment, '') FROM duckdb_views() WHERE NOT internal "
                "ORDER BY 1, 2"
            )
            .fetchall()
        )

    def session(self, handle: Any) -> Session:
        guid, secret = self.identifier(handle.sessionId)
        with self.lock:
            found = self.sessions.get(guid)
            if found is None or not hmac.compare_digest(found.secret, secret):
                raise HS2Error(f"Invalid session id: {print_id(guid)}")
            self.touch(found)
            return found

    def touch(self, session: Session) -> None:
        if session.expired:
            when = dt.datetime.fromtimestamp(session.last_used).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
            raise HS2Error(
                f"Client session expired due to more than {session.option('IDLE_SESSION_TIMEOUT')}s of "
                f"inactivity (last activity was at: {when})."
            )
        user = getattr(self.local, "user", "")
        if user and user != session.user:
            raise HS2Error(
                f"The user authorized on the connection '{user}' does not match the session username '{session.user}'"
            )
        session.last_used = time.time()

    @staticmethod
    def identifier(handle: Any) -> tuple[bytes, bytes]:
        if len(handle.guid) != 16 or len(handle.secret) != 16:
            raise HS2Error(
                f"Malformed THandleIdentifier (guid size: {len(handle.guid)}, expected 16, secret size: "
                f"{len(handle.secret)}, expected 16)"
            )
        return handle.guid, handle.secret

    def query(self, handle: Any) -> Query:
        guid, secret = self.identifier(handle.operationId)
        qid = print_id(guid)
        with self.lock:
            found = self.queries.get(guid)
            if found is None:
                raise self.failed(qid, self.interrupted.get(guid, f"Invalid or unknown query handle: {qid}.") + "\n")
            if not hmac.compare_digest(found.session.secret, secret):
                raise self.failed(qid, f"Query id {qid} not found.\n")
            try:
                self.touch(found.session)
            except HS2Error as e:
                raise self.failed(qid, str(e)) from e
            found.last_active = time.time()
            return found

    def failed(self, qid: str, detail: str) -> HS2Error:
        return HS2Error(detail if self.args.plain_errors else f"Query {qid} failed:\n{detail}\n", plain=True)

    def unregister(self, query: Query, cause: str | None = None) -> bool:
        with self.lock:
            if self.queries.pop(query.guid, None) is None:
                return False
            query.session.queries.discard(query.guid)
            query.closed = True
            self.archive[query.guid] = query
            while len(self.archive) > 200:
                self.archive.popitem(last=False)
        if not query.produced:
            query.cancel(cause or "Cancelled")
        return True

    def maintain(self) -> None:
        """Expires sessions and queries, once a second as Impala does."""
        while True:
            time.sleep(0.5)
            now = time.time()
            with self.lock:
                sessions, queries = list(self.sessions.values()), list(self.queries.values())
            for s in sessions:
                limit = int(s.option("IDLE_SESSION_TIMEOUT")) or self.args.expire_session
                busy = any(self.queries[g].active for g in list(s.queries) if g in self.queries)
                if limit and not s.expired and not busy and now - s.last_used > limit:
                    s.options.setdefault("IDLE_SESSION_TIMEOUT", str(limit))
                    s.expired = True
                    self.expirations += 1
                    for q in [q for q in queries if q.session is s]:
                        self.interrupted[q.guid] = "Session expired due to inactivity"
                        self.unregister(q, "Session expired due to inactivity")
            for q in queries:
                idle, limit = int(q.option("QUERY_TIMEOUT_S")), int(q.option("EXEC_TIME_LIMIT_S"))
                if limit and not q.produced and now - q.started > limit:
                    q.cancel(f"Query {q.id} expired due to execution time limit of {limit}s000ms")
                if idle and not q.active and q.state in (FINISHED, ERROR_STATE) and now - q.last_active > idle:
                    self.interrupted[q.guid] = (
                        f"Query {q.id} expired due to client inactivity (timeout is {idle}s000ms)"
                    )
                    self.unregister(q, self.interrupted[q.guid])

    def start(self, query: Query, run: Callable[[Query], Iterable[tuple]], delay_ms: float = 0) -> None:
        with self.lock:
            self.queries[query.guid] = query
            query.session.queries.add(query.guid)

        def work() -> None:
            try:
                query.pause(delay_ms)
                query.set_state(RUNNING)
                slow = re.search(r"GETNEXT:DELAY", query.option("DEBUG_ACTION"))
                batch = int(query.option("BATCH_SIZE")) or 1024
                for n, row in enumerate(run(query)):
                    query.pause(100 if slow and n % batch == 0 else 0)
                    query.put(row)
                with query.cond:
                    query.produced = True
                query.set_state(FINISHED)
            except Exception as e:
                cancelled = query.cancelled.is_set() or isinstance(e, duckdb.InterruptException)
                with query.cond:
                    query.produced = True
                    if query.error is None:
                        query.state, query.error = (
                            ERROR_STATE,
                            "Cancelled" if cancelled else impala_error(e, query.stmt),
                        )
                    query.cond.notify_all()

        behind = query.kind in ("QUERY", "DML", "DDL")
        query.set_state(PENDING if behind else INITIALIZED)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        if not behind:  # Impala runs these before it answers ExecuteStatement
            thread.join()
            if query.state == ERROR_STATE:
                self.unregister(query)
                raise self.failed(query.id, query.error + "\n")

    def handle(self, query: Query, method: str) -> Struct:
        ident = S["THandleIdentifier"](guid=query.guid, secret=query.session.secret)
        return S["TOperationHandle"](
            operationId=ident, operationType=OPERATION_TYPES[method], hasResultSet=bool(query.columns)
        )

    def OpenSession(self, req: Any, conn: Connection) -> Struct:
        user = conn.user or req.username or "anonymous"
        session = Session(self, user, min(MAX_PROTOCOL, req.client_protocol or 0), conn)
        session.delegate = conn.do_as
        for key, value in (req.configuration or {}).items():
            if key.lower() == "impala.doas.user":
                if not (conn.user or req.username):
                    raise HS2Error("Unable to delegate using empty proxy username.")
                if not value:
                    raise HS2Error("Unable to delegate using empty doAs username.")
                if user not in self.args.proxy_user:
                    raise HS2Error(f"User '{user}' is not authorized to delegate to '{value}'.")
                session.delegate = value
            elif key.lower() == "use:database":
                session.database = value.lower()
            else:
                with contextlib.suppress(HS2Error):  # unknown keys are only logged
                    set_option(session.options, key.removeprefix("set:hiveconf:"), value)
        with self.lock:
            self.sessions[session.guid] = session
        config = {**session.all_options(), "http_addr": "localhost:25000"}
        ident = S["THandleIdentifier"](guid=session.guid, secret=session.secret)
        return S["TOpenSessionResp"](
            status=OK(),
            serverProtocolVersion=session.protocol,
            configuration=config,
            sessionHandle=S["TSessionHandle"](sessionId=ident),
        )

    def CloseSession(self, req: Any, conn: Connection) -> Struct:
        guid, secret = self.identifier(req.sessionHandle.sessionId)
        with self.lock:
            found = self.sessions.get(guid)
            if found is None or found.secret != secret:
                raise HS2Error(f"Invalid session id: {print_id(guid)}")
            del self.sessions[guid]
            queries = [self.queries[g] for g in found.queries if g in self.queries]
        for q in queries:
            self.unregister(q, "Session closed")
        return S["StatusResp"](status=OK())

    def GetInfo(self, req: Any, conn: Connection) -> Struct:
        session = self.session(req.sessionHandle)
        value = {"stringValue": session.effective_user} if req.infoType == 47 else GET_INFO.get(req.infoType)
        old = (13, 17, 18)
        if value is None or (self.args.old_get_info and req.infoType not in old):
            raise HS2Error("Unsupported operation", NOT_IMPLEMENTED, plain=True)
        return S["TGetInfoResp"](status=OK(), infoValue=S["TGetInfoValue"](**value))

    def ExecuteStatement(self, req: Any, conn: Connection) -> Struct:
        session = self.session(req.sessionHandle)
        overlay = dict(req.confOverlay or {})
        cache = overlay.pop("impala.resultset.cache.size", None)
        options: dict[str, str] = {}
        for key, value in overlay.items():
            set_option(options, key, value)
        if cache is not None and not re.fullmatch(r"-?\d+", cache):
            raise HS2Error(f"Invalid value '{cache}' for 'impala.resultset.cache.size' option.")
        query = Query(session, req.statement, "QUERY", [], options)
        try:
            query.kind, query.columns, run = Planner(self, session).plan(req.statement)
        except HS2Error as e:
            raise self.failed(query.id, str(e)) from e
        except (SqlError, duckdb.Error) as e:
            raise self.failed(query.id, impala_error(e, req.statement) + "\n") from e
        if cache is not None and int(cache) > MAX_CACHE:
            raise self.failed(
                query.id, f"Requested result-cache size of {cache} exceeds Impala's maximum of {MAX_CACHE}.\n"
            )
        if cache is not None and int(cache) > 0:
            query.cache, query.cache_limit = [], int(cache)
        action = re.search(r"SLEEP@(\d+)", query.option("DEBUG_ACTION"))
        delay = self.args.delay_exec_ms + (int(action[1]) if action else 0)
        self.start(query, run, delay if query.kind in ("QUERY", "DML", "DDL") else 0)
        return S["OperationResp"](status=OK(), operationHandle=self.handle(query, "ExecuteStatement"))

    def GetOperationStatus(self, req: Any, conn: Connection) -> Struct:
        if not req.operationHandle.operationId.guid:
            return S["TGetOperationStatusResp"](status=OK(), operationState=FINISHED)
        query = self.query(req.operationHandle)
        wait = int(query.option("LONG_POLLING_TIME_MS")) / 1000
        with query.cond:
            query.cond.wait_for(lambda: query.state in (FINISHED, ERROR_STATE), wait)
            resp = S["TGetOperationStatusResp"](status=OK(), operationState=query.state)
            if query.state == ERROR_STATE:
                resp.errorMessage, resp.sqlState = str(self.failed(query.id, f"{query.error}\n")), GENERAL
        return resp

    def CancelOperation(self, req: Any, conn: Connection) -> Struct:
        query = self.query(req.operationHandle)
        if not query.eos:
            query.cancel()
        return S["StatusResp"](status=OK())

    def CloseOperation(self, req: Any, conn: Connection) -> Struct:
        return S["StatusResp"](status=self.CloseImpalaOperation(req, conn).status)

    def CloseImpalaOperation(self, req: Any, conn: Connection) -> Struct:
        query = self.query(req.operationHandle)
        result = None
        if query.kind == "DML" and query.error is None:
            kudu = re.match(r"\s*(update|delete|upsert)\b", query.stmt, re.I)  # only Kudu reports row errors
            result = S["TDmlResult"](rows_modified={"": query.dml_rows or 0}, num_row_errors=0 if kudu else None)
        if not self.unregister(query):
            raise self.failed(query.id, f"Invalid or unknown query handle: {query.id}.\n")
        return S["TCloseImpalaOperationResp"](status=OK(), dml_result=result)

    def GetResultSetMetadata(self, req: Any, conn: Connection) -> Struct:
        query = self.query(req.operationHandle)
        cols = [
            S["TColumnDesc"](columnName=n, typeDesc=t.entry(), position=i) for i, (n, t) in enumerate(query.columns)
        ]
        return S["TGetResultSetMetadataResp"](status=OK(), schema=S["TTableSchema"](columns=cols) if cols else None)

    def FetchResults(self, req: Any, conn: Connection) -> Struct:
        if req.orientation not in (None, FETCH_NEXT, FETCH_FIRST):
            raise HS2Error("Unsupported operation", NOT_IMPLEMENTED, plain=True)
        query = self.query(req.operationHandle)
        timeout = int(query.option("FETCH_ROWS_TIMEOUT_MS")) / 1000 or None
        deadline = time.monotonic() + timeout if timeout else None
        query.active += 1
        try:
            with query.cond:
                if not query.cond.wait_for(lambda: query.state in (FINISHED, ERROR_STATE), timeout):
                    return S["TFetchResultsResp"](status=S["TStatus"](statusCode=STILL_EXECUTING), hasMoreRows=True)
                if query.error is None and query.cancelled.is_set() and not query.eos:
                    query.state, query.error = ERROR_STATE, "Cancelled"
                if query.error is not None:
                    raise self.failed(query.id, query.error + "\n")
                if req.orientation == FETCH_FIRST:
                    self.rewind(query)
                offset = query.fetched
                rows = self.take(query, req.maxRows, deadline)
                if query.error is not None and not rows:
                    raise self.failed(query.id, query.error + "\n")
        except HS2Error as e:
            if query.error is not None:
                self.unregister(query)  # a failed fetch drops the query: its handle is gone afterwards
            raise e
        finally:
            query.active -= 1
            query.last_active = query.session.last_used = time.time()
        self.rows_sent += len(rows)
        if self.args.drop_after_rows and self.rows_sent >= self.args.drop_after_rows:
            self.rows_sent = 0
            raise ConnectionAbortedError("connection dropped on request")
        return S["TFetchResultsResp"](
            status=OK(), hasMoreRows=not query.eos, results=row_set(query.columns, rows, offset, query.session.protocol)
        )

    def rewind(self, query: Query) -> None:
        if not query.cache_limit:
            raise self.failed(query.id, "Restarting of fetch requires enabling of query result caching.\n")
        if query.cache is None:
            raise self.failed(
                query.id,
                f"The query result cache exceeded its limit of {query.cache_limit} rows. "
                "Restarting the fetch is not possible.\n",
            )
        query.eos, query.fetched, query.replay = False, 0, collections.deque(query.cache)

    def take(self, query: Query, max_rows: int, deadline: float | None) -> list[tuple]:
        """Rows for one fetch, with ``query.cond`` held; sets ``query.eos`` when nothing is left."""
        if query.eos:
            return []
        want = min(max_rows, self.args.page_rows) if max_rows > 0 else min(10 * 1024, self.args.page_rows)
        rows: list[tuple] = []
        while len(rows) < want:
            if query.replay:
                rows.append(query.replay.popleft())
                query.from_cache += 1
            elif query.buffer:
                row = query.buffer.popleft()
                rows.append(row)
                if query.cache is not None:
                    query.cache.append(row)
            elif (
                query.produced
                or query.cancelled.is_set()
                or not query.cond.wait(None if deadline is None else max(deadline - time.monotonic(), 0))
            ):
                break
        if query.cache is not None and len(query.cache) > query.cache_limit and query.kind == "QUERY":
            query.cache = None
        query.fetched += len(rows)
        done = query.produced and not query.buffer and not query.replay
        query.eos = done and (len(rows) < want or not self.args.lazy_eos)
        query.cond.notify_all()
        return rows

    def GetLog(self, req: Any, conn: Connection) -> Struct:
        query = self.query(req.operationHandle)
        done = " 100% Complete (1 out of 1)" if query.produced else ": 0% Complete (0 out of 1)"
        log = f"Query {query.id}{done}\n" if query.kind in ("QUERY", "DML") else ""
        log += str(self.failed(query.id, query.error + "\n")) if query.error is not None else ""
        return S["TGetLogResp"](status=OK(), log=log + query.warnings)

    def GetQueryId(self, req: Any, conn: Connection) -> Struct:
        guid = req.operationHandle.operationId.guid
        return S["TGetQueryIdResp"](queryId=print_id(guid) if len(guid) == 16 else "")

    def PingImpalaHS2Service(self, req: Any, conn: Connection) -> Struct:
        self.session(req.sessionHandle)
        return S["TPingImpalaHS2ServiceResp"](
            status=OK(), version=VERSION, webserver_address="http://localhost:25000", timestamp=time.monotonic_ns()
        )

    def process(self, iprot: Any, oprot: Any, conn: Connection) -> None:
        name, _, seq = iprot.readMessageBegin()
        if name not in METHODS:
            iprot.skip(TType.STRUCT)
            iprot.readMessageEnd()
            oprot.writeMessageBegin(name, TMessageType.EXCEPTION, seq)
            TApplicationException(TApplicationException.UNKNOWN_METHOD, f"Invalid method name: '{name}'").write(oprot)
        else:
            self.local.user = conn.user
            args_type, result_type = CALLS[name]
            req = args_type().read(iprot).req
            iprot.readMessageEnd()
            if name in self.args.drop_on:
                raise ConnectionAbortedError("connection dropped on request")
            _, resp_name, extra = METHODS[name]
            try:
                if name in UNIMPLEMENTED:
                    raise HS2Error("Not implemented", "", plain=True)
                if name in self.args.fail:
                    raise HS2Error(self.args.fail[name])
                resp = getattr(self, name)(req, conn)
            except HS2Error as e:
                status = S["TStatus"](statusCode=ERROR, sqlState=e.state or None, errorMessage=str(e))
                resp = S[resp_name](status=status, **extra)
            oprot.writeMessageBegin(name, TMessageType.REPLY, seq)
            result_type(success=resp).write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()


PROTOCOLS = TBinaryProtocolAcceleratedFactory(fallback=True)


class BinaryServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    impala: ImpalaServer


class BinaryHandler(socketserver.BaseRequestHandler):
    server: BinaryServer

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock = TSocket.TSocket()
        sock.setHandle(self.request)
        buffered = TTransport.TBufferedTransport(sock, 65536)
        impala = self.server.impala
        conn = Connection()
        try:
            transport: Any = buffered
            if impala.args.auth != "nosasl":
                transport = SaslTransport(buffered, check_password(impala.args))
                transport.open()
                conn.user = transport.user
            iprot, oprot = PROTOCOLS.getProtocol(transport), PROTOCOLS.getProtocol(transport)
            while True:
                impala.process(iprot, oprot, conn)
        except (TTransport.TTransportException, OSError, EOFError):
            pass


def check_password(args: argparse.Namespace) -> Callable[[str, str], bool]:
    users = dict(u.split(":", 1) for u in args.user)
    return lambda user, password: args.auth != "ldap" or users.get(user) == password


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, default=21050)
    p.add_argument("--http-port", type=int, default=28000)
    p.add_argument(
        "--auth",
        choices=["nosasl", "plain", "ldap"],
        default="nosasl",
        help="plain takes any password; ldap checks --user; both use SASL PLAIN",
    )
    p.add_argument("--user", action="append", default=[], metavar="NAME:PASSWORD")
    p.add_argument("--proxy-user", action="append", default=[], help="a user who may set impala.doas.user")
    p.add_argument("--database", default=":memory:", help="DuckDB file")
    p.add_argument("--init", help="a file of statements to run first, each ended by ';' at a line's end")
    p.add_argument("--delay-exec-ms", type=int, default=0, help="time that each query waits before it runs")
    p.add_argument("--page-rows", type=int, default=MAX_FETCH, help="at most this many rows a fetch")
    p.add_argument("--lazy-eos", action="store_true", help="say hasMoreRows until a fetch comes back short")
    p.add_argument("--expire-session", type=int, default=0, metavar="SECONDS", help="idle_session_timeout")
    p.add_argument("--drop-after-rows", type=int, default=0, metavar="N", help="cut the connection after N rows")
    p.add_argument("--drop-on", action="append", default=[], metavar="RPC", help="cut the connection at this call")
    p.add_argument("--fail", action="append", default=[], metavar="RPC=TEXT", help="answer this call with an error")
    p.add_argument("--plain-errors", action="store_true", help="no 'Query ... failed:' prefix (Impala up to 4.4)")
    p.add_argument("--old-get-info", action="store_true", help="GetInfo knows only the server's name and version")
    args = p.parse_args(argv)
    args.fail = dict(f.split("=", 1) for f in args.fail)
    impala = ImpalaServer(args)
    server = BinaryServer((args.host, args.port), BinaryHandler)
    server.impala = impala
    impala_http.serve(impala, args.host, args.http_port, Connection, check_password(args))
    print(f"listening on {args.host}:{args.port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
