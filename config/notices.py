"""What a page says once, such as that something is saved, on the way to the next page."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class Cookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Storage(FallbackStorage):
    """As Django's, with a name for the cookie that browsers take over TLS from this very host alone."""

    storage_classes = (Cookie, SessionStorage)
