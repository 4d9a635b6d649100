"""A token where a password is expected, for map programs that can send no other header."""

from base64 import b64decode

from registry.api.authentication import TokenAuthentication

KEYWORD = "basic"


class PasswordAuthentication(TokenAuthentication):
    """`Authorization: Basic …` (RFC 7617) with any name, and a token of the REST API as the password: QGIS before
    3.30, as in Debian 12, has no other way. A person's own password is not taken."""

    def secret_of(self, header: str) -> str | None:
        scheme, _space, credentials = header.partition(" ")
        if scheme.lower() != KEYWORD:
            return None
        try:
            return b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
