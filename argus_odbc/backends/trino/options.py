"""Connection keywords into the state that travels with every statement."""

from __future__ import annotations

from argus_odbc.backends.trino.auth import Login
from argus_odbc.backends.trino.protocol import SessionState, local_zone
from argus_odbc.settings import Settings


def session_state(settings: Settings, login: Login) -> SessionState:
    """The state with which a connection begins."""
    state = SessionState(
        user=settings.delegation_uid or login.user,
        catalog=settings.catalog or settings.database,
        schema=settings.schema,
        time_zone=settings.time_zone or local_zone(),
        properties=dict(settings.session_properties),
    )
    return state
