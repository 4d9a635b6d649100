"""Events told to the systems of organizations: Standard Webhooks 1.0 with CloudEvents 1.0 in them (docs/webhooks.md).

queueing (which endpoints) → sending (claim, call, mark), which asks payload (what is told), signing (by which secret)
and calling (one POST), which asks target (where to) and addresses (may it be connected to). forgetting (what the
log no longer keeps).
"""
