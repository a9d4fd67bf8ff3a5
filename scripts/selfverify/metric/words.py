"""Numbers in words, months, Roman numerals, and addresses on the web as they are said."""

import re

from num2words import num2words

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
MONTH = "|".join((*MONTHS, "sept", *(month[:3] for month in MONTHS)))
DAYS = {"Mon": "Monday", "Tues": "Tuesday", "Tue": "Tuesday", "Tu": "Tuesday", "Wed": "Wednesday",
        "Thurs": "Thursday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday",
        "Sun": "Sunday"}  # fmt: skip
DIRECTIONS = {"N": "North", "S": "South", "E": "East", "W": "West"}
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
SUFFIXES = (  # of hosts and files
    "com|org|net|edu|gov|io|ai|info|uk|de|fr|es|it|cn|jp|sm|abc|co|eu|us|ca|au|"
    "pdf|txt|html|jpg|jpeg|png|csv|json|wav|mp3|doc|zip|py"
)
ROMAN = r"(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_NUMBERED = {"chapter", "part", "act", "scene", "volume", "book", "section", "war", "phase", "type",
             "world", "appendix", "article", "level", "stage", "class"}  # fmt: skip
_SIGNS = {".": "dot", "@": "at", "/": "slash", ":": "colon", "_": "underscore", "&": "ampersand",
          "+": "plus"}  # fmt: skip
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def ordinal(number: int) -> str:
    """Returns "1st" of 1."""
    is_teen = 11 <= number % 100 <= 13
    return f"{number}{'th' if is_teen else _ENDINGS.get(number % 10, 'th')}"


def in_words(number: str) -> str:
    """Returns an integer or ordinal in words without "and" and commas: "one hundred fifth"."""
    to = "cardinal" if number.isdigit() else "ordinal"
    return re.sub(r",| and\b", "", num2words(int(re.sub(r"\D", "", number)), to=to))


def full_month(name: str) -> str:
    """Returns the month's name, of a name or its first letters."""
    return next(month for month in MONTHS if month.startswith(name.lower()[:3]))


def read_roman(match: re.Match[str]) -> list[str]:
    """Returns readings of a Roman numeral after a name or a word such as chapter; else none.

    A single letter counts after a name only where nothing follows: else it is a letter.
    """
    before, numeral, after = match["before"], match["roman"], match["after"].strip()
    is_name = before.strip().istitle() and len(before.strip()) > 1
    is_name = is_name and (len(numeral) > 1 or after in ("", ".", "-"))
    if not numeral or not (is_name or before.strip().lower() in _NUMBERED):
        return []
    values = [_VALUES[letter] for letter in numeral]
    number = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    nth = ordinal(number)
    forms = (numeral, f"{number}", f"the {nth}", nth)
    return [before + form for form in forms]


def read_address(match: re.Match[str]) -> list[str]:
    """Returns readings of an e-mail or web address or a file's name, sign by sign."""
    address = match[0]
    texts = dict.fromkeys((address, address.rstrip("/"), re.sub(r"^https?://", "", address)))
    return [_spell_signs(text, dash) for text in texts for dash in ("dash", "hyphen")]


def _spell_signs(address: str, dash: str) -> str:
    names = _SIGNS | {"-": dash}
    return "".join(f" {names[c]} " if c in names else c for c in address)


def read_dotted(match: re.Match[str]) -> list[str]:
    """Returns readings of a version, an address on a network or a telephone number."""
    groups = match[0].split(".")
    is_telephone = [len(group) for group in groups] == [3, 3, 4]
    return [f" {word} ".join(groups) for word in ("point", "dot", *([""] if is_telephone else []))]
