from sharing.admin import (
    agreement,
    approval,
    calendar_day,
    consent,
    demand,
    demand_list,
    event,
    match,
    match_run,
    notification,
    outcome,
)

__all__ = [
    "agreement",
    "approval",
    "calendar_day",
    "consent",
    "demand",
    "demand_list",
    "event",
    "match",
    "match_run",
    "notification",
    "outcome",
]
