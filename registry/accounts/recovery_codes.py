"""Codes that stand in for a second factor which is lost: shown when they are made and never again, as only their
hashes are kept; each good once.

They are kept in django-allauth's row of that kind, so that they go with the last factor; its own codes are derived
from a seed, by which whoever has its key could show them all again.
"""

import secrets

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from registry.models import User

COUNT = 10
RANDOM_DIGITS = 9
LENGTH = 1 + RANDOM_DIGITS
"""Digits of a code: the first says which of the ten it is, so that one hash is reckoned for it and not ten."""


@transaction.atomic
def make(user: User) -> list[str]:
    """New ones in the place of those that there are; these are never told again."""
    codes = [f"{number}{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}}" for number in range(COUNT)]
    # The second says to allauth that none of its own are there.
    data = {"hashes": [make_password(code) for code in codes], "migrated_codes": []}
    Authenticator.objects.update_or_create(
        user=user, type=Authenticator.Type.RECOVERY_CODES, defaults={"data": data, "last_used_at": None}
    )
    return codes


def left(user: User) -> int:
    """How many of a person's codes were not used."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return sum(map(bool, row.data.get("hashes", []))) if row else 0


@transaction.atomic
def use(user: User, code: str) -> Authenticator | None:
    """The row of the codes, where this is one that was not used; from now on it was."""
    if len(code) != LENGTH or not code.isascii() or not code.isdigit():
        return None
    rows = Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.RECOVERY_CODES)
    row: Authenticator | None = rows.first()
    hashes = row.data.get("hashes", []) if row else []
    number = int(code[0])
    if row is None or not hashes or not hashes[number] or not check_password(code, hashes[number]):
        return None
    hashes[number] = ""
    row.save(update_fields=["data"])
    return row
