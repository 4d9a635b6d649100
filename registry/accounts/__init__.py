"""The people of the registry and what opens it to them: members, invitations, tokens, the second factor."""
