"""The names of what the store holds: files, tables and columns, for both the write and the read side."""

SCHEMA_VERSION = 4
"""Kept in `PRAGMA user_version`; a store with a greater one is never touched."""

APPLICATION_ID = 0x666C7475
"""Kept in `PRAGMA application_id`: the bytes `fltu`."""

STORE_FILE = "fleet.db"
COLLECTOR_LOCK_FILE = "collector.lock"
CONSOLES_LOCK_FILE = "consoles.lock"
SCHEMA_LOCK_FILE = "schema.lock"
BALLAST_FILE = "ballast"

BUSY_TIMEOUT_S = 5.0
CHUNK_ROWS = 2000
"""Rows of one write transaction: keeps it under 50 ms."""

KEY = ("source", "kind", "rid")

RESOURCE_VALUES = (
    "provider",
    "incarnation",
    "generation",
    "name",
    "phase",
    "phase_since",
    "evidence",
    "raw",
    "confirmed",
    "agent",
    "claimed_by",
    "owner",
    "team",
    "task",
    "parent",
    "labels",
    "region",
    "created_at",
    "ends_at",
    "rate_micro",
    "rate_basis",
    "rate_currency",
    "capabilities",
    "observes_work",
    "detail",
)
RESOURCE = KEY + RESOURCE_VALUES

STATUS_VALUES = (
    "provider",
    "cadence_s",
    "last_try_at",
    "last_ok_at",
    "last_complete_at",
    "next_due_at",
    "complete_streak",
    "failures",
    "failure",
    "row_count",
    "latency_ms",
    "clock_skew_s",
    "notes",
)
STATUS = ("name", *STATUS_VALUES)

VITALS_VALUES = ("at", "cpu_percent", "memory_bytes", "signal_at", "signal_kind")
VITALS = KEY + VITALS_VALUES

FINDING_VALUES = ("since", "evidence", "microusd_per_day")
FINDING = ("rule", *KEY, *FINDING_VALUES)

EVENT = ("event_id", "at", "source", "key_source", "kind", "rid", "agent", "type", "text", "facts")
FAILURE = (
    "failure_class",
    "source",
    "operation",
    "text",
    "at",
    "key_source",
    "kind",
    "rid",
    "status",
    "request_id",
    "retry_after_s",
)

REACH_KEY = ("source", "hour_at", "operation", "failure_class")
"""An empty failure class says that it went well."""
REACH = (*REACH_KEY, "readings", "covered_ms", "latency_ms", "latency_max_ms")

SUBJECT = ("source", "layer", "kind", "rid")
USAGE = (
    "line_id",
    *SUBJECT,
    "side",
    "origin",
    "basis",
    "start_at",
    "end_at",
    "amount_micro",
    "currency",
    "quantity",
    "unit",
    "agent",
    "team",
    "task",
)
TOTAL_KEY = ("day", "agent", "team", "source", "side", "currency")
BASIS_COUNTS = ("n_reported", "n_estimated", "n_plan", "n_claimed", "n_unpriced")
"""Lines behind a total, by basis, in the order of `domain.money.Basis`."""
TOTAL = (*TOTAL_KEY, "amount_micro", *BASIS_COUNTS)
ROLLUP_KEY = ("day", *SUBJECT, "side", "origin", "currency", "agent", "team", "basis")
ROLLUP = (*ROLLUP_KEY, "amount_micro", "line_count", "ended_at")

TARGET = ("source", "kind", "rid", "incarnation", "generation")
INTENT = (
    "intent_id",
    "verb",
    "params",
    "targets",
    "actor",
    "host",
    "why",
    "submitted_at",
    "not_after",
    "via",
)
OUTCOME = ("outcome", "reason", "detail", "flag")
ACTION = (
    "action_id",
    "intent_id",
    "verb",
    "params",
    *TARGET,
    "name",
    "actor",
    "host",
    "via",
    "why",
    "submitted_at",
    "not_after",
    "state",
    *OUTCOME,
    "settled_at",
)
AUDIT = (
    "seq",
    "at",
    "actor",
    "host",
    "via",
    "what",
    "target",
    "incarnation",
    "outcome",
    "reason",
    "why",
    "intent_id",
    "action_id",
    "hash",
)
OVERLAY = ("subject", "field", "value", "set_by")
WANTED = ("kind", "subject", "asked_at", "expires_at")
HAND_OVER = ("hand_over_id", "from_agent", "to_agent", "task", "asked_by", "asked_at", "not_after", "state")

ACKNOWLEDGEMENT = ("cause", "dealt", "by", "at", "until", "severity", "size", "since", "times", "why")
CHANNEL = ("name", "last_try_at", "last_ok_at", "since", "failures", "text", "told", "flag")
NOTICE = ("channel", "cause", "at", "severity", "since")
