"""Dates and times as they are said."""

import re

from selfverify.metric.words import MONTHS, full_month, ordinal


def read_date(match: re.Match[str]) -> list[str]:
    """Returns readings of a date in digits, such as 2020-12-25, 12/25/1999, 25.12.99; else none."""
    first, _, second, third = match.groups()
    if len(first) == 4:
        year, orders = first, [(second, third)]
    elif len(third) > 1:
        year, orders = third, [(first, second), (second, first)]
    else:
        return []
    year = " ".join(year) if year.startswith("0") else year
    days = [day for order in orders for day in _days(*map(int, order))]
    return [match[0], *(f"{day} {year}" for day in days), *(f"{year} {day}" for day in days)]


def read_short_date(match: re.Match[str]) -> list[str]:
    """Returns readings of 3/4 as a day of a month, in either order."""
    if match["whole"]:
        return []
    a, b = int(match["a"]), int(match["b"])
    return _days(a, b) + _days(b, a)


def read_month_day(match: re.Match[str]) -> list[str]:
    """Returns readings of a day and a month, whichever comes first."""
    month = full_month(match["m1"] or match["m2"])
    day = int(match["first"] or match["second"])
    as_written = f"{month} {day}" if match["m2"] else f"{day} {month}"
    return [as_written, *_days(MONTHS.index(month) + 1, day)] if day <= 31 else []


def _days(month: int, day: int) -> list[str]:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return []
    name, nth = MONTHS[month - 1], ordinal(day)
    return [
        f"{name} {nth}", f"the {nth} of {name}", f"{name} {day}", f"{day} {name}",
        f"{nth} {name}", f"{nth} of {name}", f"the {nth} {name}", f"{name} the {nth}",
    ]  # fmt: skip


def read_time(match: re.Match[str]) -> list[str]:
    """Returns readings of a time of day: 10:30, 6.15, 01:01:01; none if it cannot be one."""
    hour, minute = int(match["h"]), int(match["m"])
    if match["s"]:
        return [match[0], *_clock(hour, minute, int(match["s"]))]
    if hour > 24:
        return []
    return [match[0], *(_past(hour, minute) if minute else _on_the_hour(hour))]


def _clock(hour: int, minute: int, second: int) -> list[str]:
    units = ("hour", hour), ("minute", minute), ("second", second)
    words = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in units]
    return [f"{words[0]} {words[1]} and {words[2]}", " ".join(words)]


def _on_the_hour(hour: int) -> list[str]:
    return [f"{hour}{after}" for after in ("", " o'clock", " hundred hours", " hundred", " oh oh")]


def _past(hour: int, minute: int) -> list[str]:
    following = hour % 12 + 1
    readings = [f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"]
    words = [f"{minute} past {hour}", f"{minute} minutes past {hour}", f"{minute} after {hour}"]
    left = 60 - minute
    to = [f"{left} to {following}", f"{left} minutes to {following}"]
    return readings + (words if minute <= 30 else to) + _quarters(hour, following).get(minute, [])


def _quarters(hour: int, following: int) -> dict[int, list[str]]:
    return {
        15: [f"quarter past {hour}", f"a quarter past {hour}"],
        30: [f"half past {hour}"],
        45: [f"quarter to {following}", f"a quarter to {following}"],
    }
