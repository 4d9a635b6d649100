"""Celery's tasks, one file a noun: they take ids, delegate in a few lines, and survive being run twice."""

from sharing.tasks import cobuild, deadlines, health, imports, matching, monitoring, notifications, supply, trail

__all__ = ["cobuild", "deadlines", "health", "imports", "matching", "monitoring", "notifications", "supply", "trail"]
