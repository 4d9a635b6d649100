"""The indicators: each once, with its formula and where it comes from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sharing.monitoring import builds_avoided, catalog_quality, decision_days, demands_met, sharing_rate
from sharing.monitoring.breakdowns import KIND, MONTH, OWNER, REGION, SECTOR, SECTORS, Breakdown
from sharing.monitoring.decision_days import STAGE
from sharing.monitoring.figures import Column, Row
from sharing.monitoring.scope import Scope


@dataclass(frozen=True)
class Indicator:
    """code: its name in addresses. headline: the column that says it in one number. charted: what charts draw.
    figures: the rows of a breakdown. has_factors: whether they are reckoned by monitoring.factors."""

    code: str
    title: str | Promise
    formula: str | Promise
    source: str | Promise
    columns: Sequence[Column]
    headline: str
    charted: Sequence[str]
    breakdowns: Sequence[Breakdown]
    figures: Callable[[Scope, str], list[Row]]
    has_factors: bool = False

    def breakdown(self, code: str) -> Breakdown | None:
        """The one of that code, or None."""
        return next((one for one in self.breakdowns if one.code == code), None)

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)


INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator(
            "sharing-rate",
            _("Sharing rate"),
            _(
                "Assets in service of which another organization than the owner holds granted units on the last day,"
                " over all assets in service that were listed by then. Between sectors: of the assets of the owner's"
                " sector, those that the other sector uses. Units likewise, over all units of these assets."
            ),
            _("The catalog and the ledger of allocations. MIIT 2024 No. 165: monitoring of construction and sharing."),
            sharing_rate.COLUMNS,
            "rate_pct",
            ("rate_pct",),
            (KIND, SECTORS, REGION, MONTH),
            sharing_rate.figures,
        ),
        Indicator(
            "demands-met",
            _("Demands met"),
            _(
                "Lines of demand lists handed in within the span, each counted once, by what came of it since it was"
                " last handed in: met by sharing when an agreement"
                " uses only what exists or is planned; with gaps when its route has gaps to be built; by building"
                " together when its party joined a group that all have agreed to; left to new build when the last run"
                " that looked found nothing and no match is under way; else not decided yet. What parties build"
                " without the registry it does not know."
            ),
            _("Demand lists, agreements, co-build groups and match runs. MIIT 2024 No. 165: share before building."),
            demands_met.COLUMNS,
            "met_pct",
            tuple(demands_met.WAYS),
            (KIND, SECTOR, REGION, MONTH),
            demands_met.figures,
        ),
        Indicator(
            "decision-days",
            _("Days to a decision"),
            _(
                "Working days of the calendar after the day of asking up to the day of the answer. An owner's answer"
                " counts from the request, a regulator's decision from the last consent, of two on a core asset the"
                " second. In time: an answer by the deadline given; a decision by the end of the last of the days that"
                " are set for it; the whole by that of both together. Median and nine in ten are the least number of"
                " days that so many do not exceed."
            ),
            _(
                "Consents and approvals, with the working calendar. Regulation (EU) 2024/1309 art. 4 and 5 count in"
                " working days too; days as in Regulation 1182/71 art. 3."
            ),
            decision_days.COLUMNS,
            "median_days",
            ("median_days", "ninth_tenth_days"),
            (STAGE, OWNER, KIND, MONTH),
            decision_days.figures,
        ),
        Indicator(
            "builds-avoided",
            _("New builds avoided"),
            _(
                "Each tower or room that an agreement of the span uses is one build less, but for renewals and for"
                " agreements that ended on their first day or before; of ducts and cables the kilometres used. A group"
                " that agrees to build one tower or room together avoids one build for each party but one; trenches"
                " and pairs of sectors leave groups out. Cost and CO₂ are these amounts times the factors below; where"
                " there is no factor nothing is reckoned."
            ),
            _("Agreements and co-build groups; the factors with their own sources."),
            builds_avoided.COLUMNS,
            "builds_shared",
            ("builds_shared", "builds_together"),
            (KIND, SECTORS, REGION, MONTH),
            builds_avoided.figures,
            has_factors=True,
        ),
        Indicator(
            "catalog-quality",
            _("Catalog: fresh and complete"),
            _(
                "Fresh: assets changed or confirmed by an import within 365 days, over all. Age: days since then, as"
                " the lower median. Complete: fields that hold a value, over those that checks and planners read of"
                " each kind."
            ),
            _("The catalog. Regulation (EU) 2024/1309 art. 4: least data on existing infrastructure."),
            catalog_quality.COLUMNS,
            "filled_pct",
            ("fresh_pct", "filled_pct"),
            (OWNER, KIND),
            catalog_quality.figures,
        ),
    )
}  # fmt: skip
