"""How English says days and moments, by the names that templates know. The short forms are ISO 8601's in every
language: 03/04 is read as March or as April. What people may type is Django's own (DATE_INPUT_FORMATS, ISO first)."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
YEAR_MONTH_FORMAT = "Y-m"
MONTH_DAY_FORMAT = "j F"
