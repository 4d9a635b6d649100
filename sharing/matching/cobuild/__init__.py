"""Build together: unmet demands of several parties that one new tower, room or trench would meet (docs/cobuild.md)."""
