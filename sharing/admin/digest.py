from django.contrib import admin

from sharing.admin.mails import MailAdmin
from sharing.models import Digest


@admin.register(Digest)
class DigestAdmin(MailAdmin):
    """The daily mails: one's own, and to superusers all, so that what keeps failing is found."""

    list_display = ("recipient", "day", "status_tag", "attempts", "sent_at", "trouble")
    list_filter = ("status",)
    list_select_related = ("recipient",)
    ordering = ("-id",)
    fields = ("recipient", "day", "status_tag", "attempts", "next_attempt_at", "sent_at", "trouble")
