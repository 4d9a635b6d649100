"""Celery's tasks, one file a noun: they take ids, delegate in a few lines, and survive being run twice."""

from sharing.tasks import deadlines, imports, matching, notifications, supply

__all__ = ["deadlines", "imports", "matching", "notifications", "supply"]
