from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class PlaceChange(models.Model):
    """Point assets that one transaction has added, moved, protected otherwise, handed over or taken away: what a
    process that holds places in memory (sharing.matching.snapshot) reads again. Written by triggers of the database.

    xid: the transaction's number, with its epoch. assets: their ids; none for "any of them", which also stands for the
    notes that were cleared away.
    """

    xid = models.BigIntegerField(db_index=True)
    assets = ArrayField(models.BigIntegerField(), null=True)
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.xid}: {'all' if self.assets is None else len(self.assets)}"
