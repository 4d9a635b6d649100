from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class SupplyChange(models.Model):
    """Assets whose supply has grown or changed, not yet looked at: a queue that the database's triggers fill, whoever
    writes, in the writer's own transaction. Whoever has looked removes the row.

    block: the assets' ids over 2,048, so that all that waits about an asset is found together.
    """

    block = models.BigIntegerField(_("block"), db_index=True)
    assets = ArrayField(models.BigIntegerField(), verbose_name=_("assets"))
    recorded_at = models.DateTimeField(_("recorded at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)

    class Meta:
        verbose_name = _("change of supply")
        verbose_name_plural = _("changes of supply")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.block}: {len(self.assets)}"
