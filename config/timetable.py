"""What Celery's beat nudges, and when: sweeps in seconds, the rest by the clock."""

from typing import Any

from celery.schedules import crontab

POST = "post"
"""The queue of what tells people: a worker of its own can serve it, so that none of it waits for long work."""

# Each is short, or carried out once at a time. A worker that is told of no queue serves both.
ROUTES: dict[str, dict[str, str]] = {
    task: {"queue": POST}
    for task in (
        "sharing.note_beat",
        "sharing.sweep_outbox",
        "sharing.send_mails",
        "sharing.gather_digests",
        "sharing.send_webhooks",
        "sharing.keep_deadlines",
    )
}

TIMETABLE: dict[str, dict[str, Any]] = {
    # A sweep that no worker took before the next one is due is not worth doing.
    "note-beat": {"task": "sharing.note_beat", "schedule": 15.0, "options": {"expires": 15}},
    "note-worker": {"task": "sharing.note_worker", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-outbox": {"task": "sharing.sweep_outbox", "schedule": 5.0, "options": {"expires": 5}},
    "extend-trail": {"task": "sharing.extend_trail", "schedule": 60.0, "options": {"expires": 60}},
    "send-mails": {"task": "sharing.send_mails", "schedule": 5.0, "options": {"expires": 5}},
    "gather-digests": {"task": "sharing.gather_digests", "schedule": 60.0, "options": {"expires": 60}},
    "send-webhooks": {"task": "sharing.send_webhooks", "schedule": 5.0, "options": {"expires": 5}},
    "forget-webhooks": {"task": "sharing.forget_webhooks", "schedule": crontab(minute=35)},
    "sweep-supply": {"task": "sharing.sweep_supply", "schedule": 5.0, "options": {"expires": 5}},
    "clear-place-notes": {"task": "sharing.clear_place_notes", "schedule": crontab(minute=20)},
    "sweep-runs": {"task": "sharing.sweep_runs", "schedule": 30.0, "options": {"expires": 30}},
    "sweep-parts": {"task": "sharing.sweep_parts", "schedule": 5.0, "options": {"expires": 5}},
    "keep-deadlines": {"task": "sharing.keep_deadlines", "schedule": 60.0, "options": {"expires": 60}},
    "turn-the-day": {"task": "sharing.turn_the_day", "schedule": crontab(minute=5)},
    # Groups are reckoned anew when a run is saved; this makes up for a lost nudge, and for days that have passed.
    "regroup": {"task": "sharing.regroup", "schedule": 3600.0, "options": {"expires": 3600}},
    "import-assets": {"task": "registry.import_assets", "schedule": 10.0, "options": {"expires": 10}},
    "import-demands": {"task": "sharing.import_demands", "schedule": 10.0, "options": {"expires": 10}},
    "fold-tiles": {"task": "registry.fold_tiles", "schedule": 5.0, "options": {"expires": 5}},
    "make-exports": {"task": "registry.make_exports", "schedule": 10.0, "options": {"expires": 10}},
    "forget-exports": {"task": "registry.forget_exports", "schedule": 600.0},
    "forget-sessions": {"task": "registry.forget_sessions", "schedule": crontab(hour=4, minute=10)},
    "forget-imports": {"task": "registry.forget_imports", "schedule": crontab(hour=4, minute=30)},
    "forget-old-calls": {"task": "registry.forget_old_calls", "schedule": 3600.0},
    # On the first of each month; the other hours make up for one that was missed.
    "make-reports": {"task": "sharing.make_reports", "schedule": crontab(minute=20), "options": {"expires": 3600}},
    # Once a day would do; the other hours make up for one that was missed.
    "check-inventories": {
        "task": "sharing.check_inventories",
        "schedule": crontab(minute=50),
        "options": {"expires": 3600},
    },
    "reckon-figures": {"task": "sharing.reckon_figures", "schedule": crontab(minute=40), "options": {"expires": 3600}},
    "refresh-free-units": {"task": "registry.refresh_free_units", "schedule": crontab(minute=1)},
}
