from sharing.models.agreement import Agreement
from sharing.models.approval import Approval, Decision, RejectionReason
from sharing.models.assignment import Assignment
from sharing.models.calendar_day import CalendarDay
from sharing.models.cobuild_group import CloseReason, CobuildGroup, CobuildStatus
from sharing.models.cobuild_member import CobuildAnswer, CobuildDemand, CobuildMember
from sharing.models.consent import Consent, ConsentStatus, RefusalReason
from sharing.models.delivery import Delivery, DeliveryStatus
from sharing.models.demand import Demand, DisjointBy
from sharing.models.demand_list import OPEN_LISTS, DemandList, ListStatus
from sharing.models.digest import Digest
from sharing.models.event import Event, EventType
from sharing.models.inventory import Inventory
from sharing.models.mail_preference import MailPreference, MailTiming
from sharing.models.match import IN_FORCE, LIVE, Match, MatchStatus
from sharing.models.match_leg import MatchLeg
from sharing.models.match_part import MatchPart, PartStatus
from sharing.models.match_run import UNFINISHED_RUNS, MatchRun, RunStatus
from sharing.models.notification import Channel, Notification
from sharing.models.opening import Opening
from sharing.models.outcome import Outcome
from sharing.models.report import Report
from sharing.models.sample import Frame, Sample
from sharing.models.trail_link import TrailLink
from sharing.models.webhook_delivery import WebhookAttempt, WebhookDelivery
from sharing.models.webhook_endpoint import DisabledReason, WebhookEndpoint

__all__ = [
    "IN_FORCE",
    "LIVE",
    "OPEN_LISTS",
    "UNFINISHED_RUNS",
    "Agreement",
    "Approval",
    "Assignment",
    "CalendarDay",
    "Channel",
    "CloseReason",
    "CobuildAnswer",
    "CobuildDemand",
    "CobuildGroup",
    "CobuildMember",
    "CobuildStatus",
    "Consent",
    "ConsentStatus",
    "Decision",
    "Delivery",
    "DeliveryStatus",
    "Demand",
    "DemandList",
    "Digest",
    "DisabledReason",
    "DisjointBy",
    "Event",
    "EventType",
    "Frame",
    "Inventory",
    "ListStatus",
    "MailPreference",
    "MailTiming",
    "Match",
    "MatchLeg",
    "MatchPart",
    "MatchRun",
    "MatchStatus",
    "Notification",
    "Opening",
    "Outcome",
    "PartStatus",
    "RefusalReason",
    "RejectionReason",
    "Report",
    "RunStatus",
    "Sample",
    "TrailLink",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
