"""The page at the server's address: sessions, running and recent statements, for people."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from emulators.warehouse.names import split
from emulators.warehouse.sessions.history import History
from emulators.warehouse.sessions.operations import Operation, Operations
from emulators.warehouse.sessions.sessions import Session, Sessions

RECENT = 100
TEXT_LENGTH = 400
REFRESH_SECONDS = 5

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
th, td { border-bottom: 1px solid #e3e6ea; }
th { font-weight: 600; }
code { white-space: pre-wrap; word-break: break-word; font-size: 12px; }
.FAILED { color: #b42318; } .CANCELED { color: #8a6100; } .none { color: #667; }
@media (prefers-color-scheme: dark) {
  body { color: #dfe3e8; background: #15181c; } th, td { border-color: #30363d; }
  .FAILED { color: #ff8a80; } .CANCELED { color: #e3b341; }
}
"""


@dataclass(frozen=True)
class StatusPage:
    """Renders what the warehouse does now and has done."""

    sessions: Sessions
    operations: Operations
    history: History

    def render(self) -> str:
        """The page as HTML; it needs no script and loads nothing."""
        running = self.operations.running()
        sessions = self.sessions.all()
        recent = self.history.recent(RECENT)
        return (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
            f"<meta http-equiv='refresh' content='{REFRESH_SECONDS}'>"
            f"<title>SQL warehouse</title><style>{_STYLE}</style></head><body>"
            f"<h1>Local SQL warehouse</h1><p>{len(sessions)} sessions, {len(running)} statements running.</p>"
            + _table("Running", ("Started", "For", "Session", "Statement"), map(_running, running))
            + _table(
                "Sessions", ("Opened", "Idle for", "Session", "Schema", "Client"), map(_session, sessions)
            )
            + _table(
                f"The last {RECENT} statements",
                ("Ended", "Took", "Rows", "State", "Session", "Statement"),
                map(_ended, recent),
            )
            + "</body></html>"
        )


def _table(title: str, columns: Sequence[str], rows: Iterable[str]) -> str:
    body = "".join(rows)
    if not body:
        return f"<h2>{title}</h2><p class='none'>None.</p>"
    heads = "".join(f"<th>{each}</th>" for each in columns)
    return f"<h2>{title}</h2><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _running(operation: Operation) -> str:
    return _row(
        _clock(operation.started_at),
        _duration(time.time() - operation.started_at),
        _short(operation.session.name),
        _code(operation.request.statement),
    )


def _session(session: Session) -> str:
    return _row(
        _clock(session.opened_at),
        _duration(time.monotonic() - session.used_at),
        _short(session.name),
        escape(".".join(split(session.schema))),
        escape(" ".join(filter(None, (session.driver, session.application)))),
    )


def _ended(row: dict[str, Any]) -> str:
    status = escape(row["execution_status"])
    error = f"<br><span class='FAILED'>{escape(row['error_message'])}</span>" if row["error_message"] else ""
    rows = "" if row["produced_rows"] is None else f"{row['produced_rows']:,}"
    return _row(
        escape(row["end_time"][:19]),
        _duration(row["total_duration_ms"] / 1000),
        rows,
        f"<span class='{status}'>{status}</span>",
        _short(row["session_id"]),
        _code(row["statement_text"]) + error,
    )


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{each}</td>" for each in cells) + "</tr>"


def _code(text: str) -> str:
    shown = text.strip()
    cut = f"{shown[:TEXT_LENGTH]} …" if len(shown) > TEXT_LENGTH else shown
    return f"<code>{escape(cut)}</code>"


def _short(name: str) -> str:
    return f"<code>{escape(name[:8])}</code>"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
