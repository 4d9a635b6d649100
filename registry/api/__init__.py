"""The REST API of what exists: /api/v1/. One file a noun; docs/api.md says how it behaves."""
