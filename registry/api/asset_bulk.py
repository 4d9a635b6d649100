"""Up to five thousand assets listed at once, all or none."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from registry import asset_writing
from registry.api import problems
from registry.api.problems import Errors, Problem
from registry.asset_writing import Values
from registry.errors import NotYours
from registry.models import Asset, User

REPORTED = 100


def create_many(rows: Sequence[Values], *, actor: User) -> list[Asset]:
    """All of `rows`, or none and a report of what is wrong with which, the first hundred faults of it."""
    for number, values in enumerate(rows):
        try:
            asset_writing.check_rights(None, values, actor)
        except NotYours as refusal:
            problem = problems.refused(refusal)
            raise Problem("not_yours", refusal.message, errors=_of_row(number, problem.errors)) from refusal
    try:
        with transaction.atomic():
            return asset_writing.create_many(rows, actor=actor)
    except IntegrityError:
        faults = _faults(rows, actor)
        raise Problem("bad_input", _("Nothing was written; see errors."), errors=faults) from None


def _faults(rows: Sequence[Values], actor: User) -> Errors:
    """What the database refuses of each row, tried one by one and undone."""
    faults: Errors = []
    with transaction.atomic():
        for number, values in enumerate(rows):
            try:
                with transaction.atomic():
                    asset_writing.create(values, actor=actor)
            except IntegrityError as error:
                faults += _of_row(number, problems.of(error).errors)
            if len(faults) >= REPORTED:
                break
        transaction.set_rollback(True)
    return faults


def _of_row(number: int, errors: Errors) -> Errors:
    """With pointers into the array instead of into one of its objects."""
    return [{**error, "pointer": f"#/{number}{error['pointer'][1:]}"} for error in errors]
