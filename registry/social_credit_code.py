"""The unified social credit code of GB 32100-2015: 17 characters and a check character (ISO 7064 style, mod 31)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(first_17: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015 clause 5: weights 3^i mod 31).

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first_17))
    return ALPHABET[-total % 31]


def is_social_credit_code(code: str) -> bool:
    return len(code) == 18 and all(c in ALPHABET for c in code) and check_character(code[:17]) == code[17]


def validate_social_credit_code(code: str) -> None:
    """Raises ValidationError unless `code` is well formed and its check character is right."""
    if not is_social_credit_code(code):
        raise ValidationError(
            _("%(code)s is not a unified social credit code: check for a mistyped character."),
            params={"code": code},
        )
