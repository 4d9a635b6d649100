"""Why a verb of the workflow was refused: the registry's refusals, and those of its own."""

from django.utils.translation import gettext as _

from registry.errors import BadInput, NotSeen, NotYours, Refusal, WrongState
from sharing.models import Match

__all__ = ["BadInput", "NotSeen", "NotYours", "Refusal", "StaleForm", "TooWide", "UnitsGone", "WrongState"]


class UnitsGone(WrongState):
    """Others took the units meanwhile, or their owner offers them no more. `next_best` is the best proposal for the
    demand that still fits, if any."""

    code = "units_gone"

    def __init__(self, message: str, next_best: Match | None) -> None:
        super().__init__(message)
        self.next_best = next_best


class StaleForm(Refusal):
    """What is decided on has changed since it was shown."""

    code = "stale_form"
    status = 409


class TooWide(BadInput):
    """The circles of a list hold more places than are looked at in one search."""

    def __init__(self, places: int) -> None:
        told = _("Around the lines lie %(n)d million places, more than are looked at in one search: ask within less.")
        super().__init__(told % {"n": places // 1_000_000})
