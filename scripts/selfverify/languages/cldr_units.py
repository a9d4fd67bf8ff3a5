"""Units in short form and their names in the CLDR, the locale data of Unicode, by Babel."""

import re
from functools import lru_cache

from babel.units import format_unit

# Of one letter, or a word in another case: exactly so.
_EXACT = {
    "m": "length-meter", "g": "mass-gram", "t": "mass-tonne", "l": "volume-liter",
    "L": "volume-liter", "°": "angle-degree", "h": "duration-hour", "s": "duration-second",
    "W": "power-watt", "V": "electric-volt", "ha": "area-hectare",
    "MW": "power-megawatt", "Mo": "digital-megabyte", "Go": "digital-gigabyte",
    "To": "digital-terabyte", "ko": "digital-kilobyte",
}  # fmt: skip
_IN_ANY_CASE = {
    "km/h": "speed-kilometer-per-hour", "m/s": "speed-meter-per-second",
    "mph": "speed-mile-per-hour", "km²": "area-square-kilometer", "m²": "area-square-meter",
    "cm²": "area-square-centimeter", "m³": "volume-cubic-meter", "cm³": "volume-cubic-centimeter",
    "km": "length-kilometer", "cm": "length-centimeter", "mm": "length-millimeter",
    "µm": "length-micrometer", "μm": "length-micrometer",
    "ft": "length-foot", "kg": "mass-kilogram", "mg": "mass-milligram",
    "ml": "volume-milliliter", "cl": "volume-centiliter", "°c": "temperature-celsius",
    "°f": "temperature-fahrenheit", "ms": "duration-millisecond", "min": "duration-minute",
    "min.": "duration-minute", "kwh": "energy-kilowatt-hour", "kw": "power-kilowatt",
    "ghz": "frequency-gigahertz", "mhz": "frequency-megahertz", "khz": "frequency-kilohertz",
    "hz": "frequency-hertz", "tb": "digital-terabyte", "gb": "digital-gigabyte",
    "mb": "digital-megabyte", "kb": "digital-kilobyte",
}  # fmt: skip


def _one_of(names: dict[str, str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


# A unit after its number, as the group `unit`.
UNIT = rf"(?P<unit>(?i:{_one_of(_IN_ANY_CASE)})|{_one_of(_EXACT)})(?![\w/²³])"


@lru_cache(maxsize=1024)
def unit_name(unit: str, locale: str, *, is_one: bool) -> str:
    """Returns the name of a unit in short form, for one of it or for several."""
    known = _EXACT.get(unit) or _IN_ANY_CASE[unit.casefold()]
    said = format_unit(1 if is_one else 5, known, length="long", locale=locale)
    return re.sub(r"[\d\u00a0\u202f]", " ", said).strip()
