"""Django's SESSION_ENGINE: sessions in the database, which end after a while without a request and, however busy, a
day's work after their sign-in. The server keeps both limits, in the row; no cookie says how long it is good."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.db import connections, router
from django.utils import timezone

BEGAN = "began_at"
"""Of a session: the second of its sign-in, or of its beginning where nobody has signed in."""

NOTED_EVERY = timedelta(minutes=1)
"""That somebody is there is written down no more often than this."""

ROW = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """What the session holds, which is nothing once it is over. Puts the end of its idle time off."""
        coded, ends = self._row() or ("", timezone.now())
        data: dict[str, Any] = self.decode(coded) if coded else {}
        until = _end(data)
        if until <= timezone.now():
            self._session_key: str | None = None
            return {}
        if until - ends > NOTED_EVERY:
            self.model.objects.filter(pk=self.session_key).update(expire_date=until)
        return data

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        data.setdefault(BEGAN, time.time())
        return super().create_model_instance(data)

    def get_session_cookie_age(self) -> int:
        """Seconds that are left to whoever goes away now."""
        return int((_end({BEGAN: self.get(BEGAN, time.time())}) - timezone.now()).total_seconds())

    def _row(self) -> tuple[str, datetime] | None:
        """What is held, and when it ends. From the primary: a session that was ended opens nothing, however far a
        replica lags behind. Without the ORM, which takes longer over it than PostgreSQL, with each request."""
        with connections[router.db_for_write(self.model)].cursor() as cursor:
            cursor.execute(ROW, [self.session_key, timezone.now()])
            row: tuple[str, datetime] | None = cursor.fetchone()
            return row


def _end(data: dict[str, Any]) -> datetime:
    """When a session ends that was used this moment. One that does not say when it began is over."""
    last = datetime.fromtimestamp(float(data.get(BEGAN, 0)), UTC) + settings.SESSION_LONGEST
    return min(timezone.now() + settings.SESSION_IDLE, last)
