"""The pyramid of clusters: how many assets lie in each cell of the map, kept from the assets by registry.tiles.

A cell is a tile of the zoom `z + 4`: a tile of zoom z has 16 by 16 of them, and their numbers (Morton's: the bits of x
and y interleaved) are one range. Arrays have a place for each kind and sector, see registry.tiles.slots.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

DEEPEST = 14
"""The deepest zoom of the pyramid; its cells, 153 m wide at the equator, are what the others are sums of."""


class Counted(models.Model):
    z = models.SmallIntegerField()
    cell = models.BigIntegerField()
    total = models.IntegerField()
    assets = ArrayField(models.IntegerField())
    free = ArrayField(models.IntegerField(), help_text="Those with a free unit.")
    # Sums of where they are, in 1/2^30 of the world's width east and south of its north-western corner.
    x = models.BigIntegerField()
    y = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.z}/{self.cell}: {self.total}"


class TileCell(Counted):
    """What everyone may know: open and restricted assets, by their masked places."""

    pk = models.CompositePrimaryKey("z", "cell")

    class Meta:
        default_permissions = ()


class ProtectedTileCell(Counted):
    """By how much the same cell differs for those entitled to the exact places of an owner's protected assets in a
    region: one more where it is, and where it is restricted one less in the cell of its masked place."""

    owner_id = models.BigIntegerField()
    region_id = models.BigIntegerField()
    pk = models.CompositePrimaryKey("z", "cell", "owner_id", "region_id")

    class Meta:
        default_permissions = ()
