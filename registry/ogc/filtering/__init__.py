"""Filters in CQL2 (OGC 21-065r2), as text or JSON: read into one tree, then into conditions on what the viewer is
shown. There is no arithmetic and there are no functions that could fail on a row: their errors would tell of rows that
the viewer does not see."""
