"""Who one is in the registry: name, language and time zone to change, organizations and ways to sign in to see."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from registry.accounts import second_factor
from registry.models import User
from registry.models.user import available_time_zones
from registry.web.access import MemberRequest, signed_in
from registry.web.forms import ModelForm
from registry.web.language import forget, remember

# Names of places; the database holds older and abstract ones too.
CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class ProfileForm(ModelForm):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("That of the browser")), *settings.LANGUAGES],
        help_text=_("Of pages and of mail."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of moments on pages. Deadlines keep the registry's days."),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language", "time_zone")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = [name for name in sorted(available_time_zones()) if name.startswith(CONTINENTS)]
        own = _("The registry's own: %(zone)s") % {"zone": timezone.get_default_timezone_name()}
        kept = self.initial.get("time_zone", "")
        choices = [("", own), *((zone, zone) for zone in zones)]
        if kept and kept not in zones:
            choices.append((kept, kept))
        self.fields["time_zone"].choices = choices  # type: ignore[attr-defined]


@signed_in
def account(request: MemberRequest) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(user.language or translation.get_language()):
            messages.success(request, str(_("Saved.")))
        response = redirect("web:account")
        if user.language:
            remember(response, user.language)
        else:
            forget(response)
        return response
    return render(
        request,
        "web/account/account.html",
        {
            "form": form,
            "memberships": user.memberships.select_related("organization").order_by("organization__name"),
            "second_factor": second_factor.is_set_up(user),
        },
    )
