"""OGC API – Features at /ogc/: the "one map" for programs that speak open standards (docs/ogc.md)."""
