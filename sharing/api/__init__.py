"""The REST API of what happens: /api/v1/. One file a noun; verbs are those of sharing.workflow, and nothing else."""
