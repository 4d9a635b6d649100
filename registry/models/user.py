from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person. What they may see and do follows from their memberships, not from permissions of their own."""

    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Of mail and messages; empty for the site's own."),
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username
