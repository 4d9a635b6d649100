from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from registry.api import etags
from registry.api.serializers import Body
from registry.api.views import Api
from sharing.models import EventType, MailTiming
from sharing.notifications.preferences import set_timings, timings_of


class MailSettings(serializers.Serializer[Any]):
    """For each type of event when its mail comes. The inbox has all of them, whatever is said here."""

    timings = serializers.DictField(child=serializers.ChoiceField(choices=MailTiming.choices))


class MailSettingsChange(Body):
    """Types that are left out stay as they are."""

    timings = serializers.DictField(child=serializers.ChoiceField(choices=MailTiming.choices), allow_empty=False)

    def validate_timings(self, timings: dict[str, str]) -> dict[EventType, MailTiming]:
        strange = sorted(set(timings) - set(EventType.values))
        if strange:
            said = _("There is no such type. Those are: %(known)s.") % {"known": ", ".join(EventType.values)}
            raise serializers.ValidationError(dict.fromkeys(strange, said))
        return {EventType(name): MailTiming(timing) for name, timing in timings.items()}


class MailSettingsView(Api):
    noun, nouns = "mail settings", "mail settings"
    is_object = True

    @extend_schema(responses=MailSettings)
    def get(self, request: Request) -> HttpResponseBase:
        """Read your mail settings

        At once, once a day or never, for each type of event.
        """
        return etags.tagged(request, self._shown())

    @extend_schema(operation_id="mail_settings_partial_update", request=MailSettingsChange, responses=MailSettings)
    def patch(self, request: Request) -> HttpResponseBase:
        """Change your mail settings

        They hold for what happens from now on.
        """
        if "If-Match" in request.headers:
            etags.check_match(request, etags.etag_of(self._shown()))
        set_timings(self.user, self.given(MailSettingsChange)["timings"])
        return etags.tagged(request, self._shown())

    def _shown(self) -> dict[str, Any]:
        return {"timings": {kind.value: timing.value for kind, timing in timings_of(self.user).items()}}
