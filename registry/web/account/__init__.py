"""Sign-in, second factor, sessions, profile and tokens: a person's own pages, most of them views of django-allauth."""
