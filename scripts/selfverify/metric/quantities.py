"""Money, units, decimals and fractions as they are said."""

import re

from selfverify.metric.words import in_words, ordinal

# Sign: singular and plural of the whole, of the hundredth.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
    "₩": ("won", "won", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}
_CODES = {"USD": "$", "EUR": "€", "GBP": "£"}
_SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "b": "billion",
    "B": "billion", "bn": "billion",
}  # fmt: skip
_PER = {"mo": "month", "yr": "year", "wk": "week", "d": "day", "hr": "hour", "h": "hour"}
# After a digit; also a letter or a word of its own, so that the short form stays a reading.
SHORT_UNITS = {
    "m": "meter", "g": "gram", "l": "liter", "L": "liter", "W": "watt", "V": "volt", "h": "hour",
    "s": "second", "sec": "second", "hrs": "hour", "hr": "hour", "in": "inch", "ft": "foot",
    "yd": "yard", "oz": "ounce", "pt": "point", "m2": "square meter", "m²": "square meter",
    "km²": "square kilometer", "m³": "cubic meter", "km³": "cubic kilometer", "cc": "c c",
}  # fmt: skip
RATED_UNITS = SHORT_UNITS | {
    "kg": "kilogram", "mg": "milligram", "ml": "milliliter", "mL": "milliliter", "km": "kilometer",
    "mm": "millimeter",
}  # fmt: skip
RATES = {
    "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "day": "day",
    "kg": "kilogram", "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter",
}  # fmt: skip
_PLURALS = {"inch": "inches", "foot": "feet", "c c": "c c"}


def read_money(match: re.Match[str]) -> list[str]:
    """Returns readings of a sum such as $5.20, £3, $2.5M, 20 USD or $20/month."""
    sign = _CODES.get(match["sign"], match["sign"])
    one, many, cent, cents = CURRENCIES[sign]
    scale = match["scale"] and _SCALES.get(match["scale"], match["scale"])
    per = match["per"] and f" per {_PER.get(match['per'], match['per'])}"
    whole, _, part = match["amount"].replace(",", "").partition(".")
    name = one if whole == "1" and not (part.strip("0") or scale) else many
    names = [name, f"US {name}"] if sign == "$" else [name]
    if scale:
        readings = [f"{_amount(whole, part)} {scale} {name}" for name in names]
    elif cent and part.strip("0") and len(part.rstrip("0")) <= 2:
        readings = _with_cents(int(whole or 0), int(part[:2].ljust(2, "0")), one, many, cent, cents)
    elif part.strip("0"):
        readings = [f"{_amount(whole, part)} {many}"]
    else:
        readings = [f"{whole} {name}" for name in names]
    if "US" in match[0] and match["sign"] == "$":
        readings += [f"US {reading}" for reading in readings if not reading.startswith("US")]
    return [reading + (per or "") for reading in readings]


def _amount(whole: str, part: str) -> str:
    return f"{'zero' if whole in ('', '0') else whole} point {spell(part)}" if part else whole


def _with_cents(whole: int, part: int, one: str, many: str, cent: str, cents: str) -> list[str]:
    coins = f"{part} {cent if part == 1 else cents}"
    if not whole:
        return [coins, f"zero point {spell(f'{part:02d}')} {many}"]
    name = one if whole == 1 else many
    names = [name, f"US {name}"] if one == "dollar" else [name]
    said = [f"{whole} {name}{link} {coins}" for name in names for link in (" and", "")]
    as_decimal = f"{whole} point {spell(f'{part:02d}')} {many}"
    return [*said, as_decimal, *([f"{whole} {part}"] if part >= 10 else [])]


def read_unit(match: re.Match[str]) -> list[str]:
    """Returns readings of a number with a unit in a short form that may be a word too."""
    number, unit = match["n"], SHORT_UNITS[match["unit"]]
    plural = _PLURALS.get(unit, f"{unit}s")
    names = [unit, plural] if "-" in match["gap"] else [unit if number == "1" else plural]
    spoken = [f"{reading} {name}" for reading in _number(number) for name in names]
    return [match[0].rstrip("."), *spoken]


def read_rate(match: re.Match[str]) -> list[str]:
    """Returns readings of a unit per another, such as 3 cc/s or 5 ml/min; also by its letters."""
    number, unit, per = match["n"], match["unit"], match["per"]
    name = RATED_UNITS[unit]
    names = [name if number == "1" else _PLURALS.get(name, f"{name}s"), unit]
    rates = [f"{one} per {other}" for one in names for other in (RATES[per], per)]
    return [match[0], *(f"{said} {rate}" for said in _number(number) for rate in rates)]


def _number(number: str) -> list[str]:
    found = re.fullmatch(r"(?P<whole>\d[\d,]*)?\.(?P<digits>\d+)", number)
    return read_decimal(found) if found else [number]


def read_scaled(match: re.Match[str]) -> list[str]:
    """Returns readings of 10k or 2.5M."""
    scale = match["scale"]
    return [f"{n} {word}" for n in _number(match["n"]) for word in (scale, _SCALES[scale])]


def read_decimal(match: re.Match[str]) -> list[str]:
    """Returns readings of a decimal: its digits one by one, or "and a half"."""
    whole, digits = (match["whole"] or "0").replace(",", ""), match["digits"]
    after = [spell(digits)]
    if len(digits) == 2 and not digits.startswith("0"):
        after.append(digits)
    readings = [f"{'zero' if whole == '0' else whole} point {part}" for part in after]
    if whole == "0":
        readings.append(f"point {after[0]}")
    if digits == "5":
        readings += ["half", "a half"] if whole == "0" else [f"{whole} and a half"]
    return readings


def spell(digits: str) -> str:
    """Returns digits as words, one by one; Whisper's normaliser joins them after a point."""
    return " ".join(map(in_words, digits))


def read_fraction(match: re.Match[str]) -> list[str]:
    """Returns readings of a/b, also with a whole number before it; none for a zero below."""
    a, b, whole = int(match["a"]), int(match["b"]), match["whole"]
    if b == 0:
        return []
    parts = _parts(a, b)
    if whole:
        half = [f"{whole} point five"] if 2 * a == b else []
        return [f"{whole} and {part}" for part in parts] + half + [match[0]]
    signs = ("over", "divided by", "out of", "slash")
    return parts + [f"{a} {sign} {b}" for sign in signs] + [match[0]]


def _parts(a: int, b: int) -> list[str]:
    names = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    nth = in_words(ordinal(b))
    forms = [(nth, f"{nth}s"), *([names[b]] if b in names else [])]
    parts = [f"{a} {one if a == 1 else many}" for one, many in forms]
    if a == 1:
        parts += [f"a {one}" for one, _ in forms] + (["half", "half a"] if b == 2 else [])
    return parts


def read_percents(match: re.Match[str]) -> list[str]:
    """Returns readings of what is between two percentages; the first sign may be left out."""
    words = ("", "to") if match["sign"] in "-–" else (match["sign"],)
    return [f"{percent} {word} " for word in words for percent in ("%", "")]
