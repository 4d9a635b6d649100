from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class TileChange(models.Model):
    """What one statement changed on the map and the pyramid does not tell yet. Written by triggers of the database,
    a row a statement; folded in by registry.tiles.folding."""

    assets = ArrayField(models.BigIntegerField(), default=list, help_text="Assets to be counted where they now are.")
    # Boxes where assets were before, in degrees: west[i], south[i], east[i], north[i]. The box of the exact place of a
    # protected asset with its owner and region, those that everyone may know of with zeros.
    west = ArrayField(models.FloatField(), default=list)
    south = ArrayField(models.FloatField(), default=list)
    east = ArrayField(models.FloatField(), default=list)
    north = ArrayField(models.FloatField(), default=list)
    owners = ArrayField(models.BigIntegerField(), default=list)
    regions = ArrayField(models.BigIntegerField(), default=list)
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{len(self.assets)} + {len(self.west)}"


class TileVersion(models.Model):
    """The last change that was folded into what a tile of zoom 0 to 10 shows: part of the tag of every tile inside it.
    With zeros what everyone may know; with an owner and a region, the exact places of its protected assets there, so
    that a tag tells strangers nothing. `tile` is its number, as of cells."""

    pk = models.CompositePrimaryKey("z", "tile", "owner_id", "region_id")
    z = models.SmallIntegerField()
    tile = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    region_id = models.BigIntegerField()
    version = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.z}/{self.tile}: {self.version}"
