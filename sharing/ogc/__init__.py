"""The collections of what happens to it, beside those of registry.ogc."""
