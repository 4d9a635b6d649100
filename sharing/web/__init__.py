"""The pages of what happens to it: home, demand lists, matches, consents, decisions."""
