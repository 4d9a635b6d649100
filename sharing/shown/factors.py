"""The factors that cost and CO₂ of new builds are reckoned by, as pages, workbook and PDF say them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing import words
from sharing.monitoring.breakdowns import kind_name
from sharing.monitoring.factors import Factor, factors

PER: dict[str, str | Promise] = {"build": gettext_lazy("one new build"), "km": gettext_lazy("km")}


@dataclass(frozen=True)
class Said:
    """A factor in words. cost, co2: amounts, a dash where there is none."""

    kind: str
    per: str
    cost: str
    cost_is_assumed: bool
    co2: str
    co2_is_assumed: bool
    source: str

    @property
    def in_a_line(self) -> str:
        """For a cell of a workbook."""
        return _("Cost of %(per)s: %(cost)s; CO₂ of %(per)s, t: %(co2)s. %(source)s") % {
            "per": self.per,
            "cost": _noted(self.cost, self.cost_is_assumed),
            "co2": _noted(self.co2, self.co2_is_assumed),
            "source": self.source,
        }


def said() -> list[Said]:
    """All factors, a kind after another."""
    return [_said(kind, factor) for kind, factor in factors().items()]


def _said(kind: str, factor: Factor) -> Said:
    return Said(
        kind=kind_name(kind),
        per=str(PER.get(factor.per, factor.per)),
        cost=_amount(factor.cost),
        cost_is_assumed=factor.cost is not None and factor.cost_is_assumed,
        co2=_amount(factor.co2_t),
        co2_is_assumed=factor.co2_t is not None and factor.co2_is_assumed,
        source=" ".join(filter(None, (str(factor.cost_source or ""), str(factor.co2_source or "")))),
    )


def _amount(value: float | None) -> str:
    return "–" if value is None else words.number(value)


def _noted(amount: str, is_assumed: bool) -> str:
    return _("%(figure)s (assumed)") % {"figure": amount} if is_assumed else amount
