"""How numbers, dates, sums and signs are said in Mandarin; numbers are cn2an's."""

import re
from collections.abc import Sequence

from cn2an import an2cn

from selfverify.metric.readings import Reader
from selfverify.metric.words import SUFFIXES

MAX_WORDED = 10**16  # larger numbers are read digit by digit
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_UNITS = {
    "km/h": ("公里每小时", "千米每小时", "公里"), "m/s": ("米每秒",), "km": ("公里", "千米"),
    "km2": ("平方公里", "平方千米"), "m2": ("平方米",), "m3": ("立方米",), "cm": ("厘米", "公分"),
    "mm": ("毫米",), "m": ("米",), "kg": ("公斤", "千克"), "mg": ("毫克",), "g": ("克",),
    "t": ("吨",), "ml": ("毫升",), "mL": ("毫升",), "l": ("升",), "L": ("升",), "ha": ("公顷",),
    "°C": ("摄氏度", "度"), "°F": ("华氏度",), "°": ("度",), "ms": ("毫秒",), "min": ("分钟",),
    "h": ("小时",), "s": ("秒",), "kW": ("千瓦",), "W": ("瓦",), "kWh": ("千瓦时", "度"),
    "V": ("伏",), "Hz": ("赫兹",), "MHz": ("兆赫",), "GB": ("GB", "吉字节"),
    "MB": ("MB", "兆", "兆字节"),
}  # fmt: skip
_CURRENCIES = {
    "¥": ("元", "块", "块钱", "人民币"), "RMB": ("元", "人民币"), "CNY": ("元", "人民币"),
    "$": ("美元", "美金"), "US$": ("美元", "美金"), "USD": ("美元",),
    "€": ("欧元",), "£": ("英镑",), "₩": ("韩元",), "元": ("元", "块", "块钱"),
}  # fmt: skip
_SIGNS = {
    "%": ("百分之",), "+": ("加", "正"), "=": ("等于",), "&": ("和", "与"), "@": ("艾特", "at"),
    "×": ("乘", "乘以"), "÷": ("除以",), "#": ("井号", "号"), "<": ("小于",), ">": ("大于",),
    "≤": ("小于等于",), "≥": ("大于等于",), "≠": ("不等于",),
}  # fmt: skip
_NAMES = {".": "点", "@": "艾特", "/": "斜杠", "-": "杠", "_": "下划线", ":": "冒号"}


def cardinals(digits: str) -> list[str]:
    """Returns the readings of a whole number: 200 as 二百 and 两百, 15000 also as 一万五."""
    number = int(digits.replace(",", ""))
    said = an2cn(number) if number < MAX_WORDED else digits.translate(_DIGITS)
    forms = [said, *([said[1:]] if said.startswith("一十") else [])]
    for before in ("[百千万亿]", "[千万亿]"):
        forms += [re.sub(f"二(?={before})", "两", form) for form in forms]
    forms += ["两"] if number == 2 else []
    # 一百五 for 一百五十, 一万五 for 一万五千.
    forms += [n[:-1] for n in forms if re.search("[百千万亿][一二三四五六七八九][百千十]$", n)]
    return list(dict.fromkeys(forms))


def spell(digits: str) -> list[str]:
    """Returns digits one by one, 1 as 一 and as 幺."""
    said = re.sub(r"\D", "", digits).translate(_DIGITS)
    return list(dict.fromkeys((said, said.replace("一", "幺"))))


def integers(digits: str) -> list[str]:
    """Returns the readings of a whole number, as a number and by its digits."""
    spelled = spell(digits) if len(digits) > 1 else []
    return spelled if digits.startswith("0") and spelled else [*cardinals(digits), *spelled]


def amounts(number: str) -> list[str]:
    """Returns the readings of a number with or without decimals."""
    whole, _, part = number.partition(".")
    if not part:
        return integers(number) if "," not in number else cardinals(number)
    ends = dict.fromkeys((part, part.rstrip("0") or "0"))
    return [f"{n}点{end.translate(_DIGITS)}" for n in cardinals(whole) for end in ends]


def _date(match: re.Match[str]) -> list[str]:
    days = _month_day(match["m"], match["d"])
    return [f"{year}年{day}" for year in spell(match["y"]) for day in days]


def _month_day(month: str, day: str) -> list[str]:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return []
    said = f"{_low(month)}月{_low(day)}"
    return [f"{said}{d}" for d in ("日", "号", "")]


def _low(digits: str) -> str:
    """A number below a hundred: 10 as 十."""
    return an2cn(int(digits)).replace("一十", "十")


def _day(match: re.Match[str]) -> list[str]:
    return [f"{n}{d}" for n in cardinals(match["n"]) for d in "日号"]


def _year(match: re.Match[str]) -> list[str]:
    return [*spell(match[0])[:1], *cardinals(match[0])]


def _time(match: re.Match[str]) -> list[str]:
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 24 or minute > 59:
        return []
    ends = [f"{n}秒" for n in cardinals(match["s"])] if match["s"] else [""]
    said = [f"{h}点{m}" for h in cardinals(str(hour)) for m in _minutes(minute)]
    return [time + end for time in said for end in ends]


def _minutes(minute: int) -> list[str]:
    if not minute:
        return ["", "整", "零分", "钟"]
    numbers = cardinals(str(minute))
    forms = [*(f"零{n}" for n in numbers), *numbers] if minute < 10 else numbers
    named = {15: ["一刻"], 30: ["半"], 45: ["三刻"]}.get(minute, [])
    return [f"{m}{unit}" for m in forms for unit in ("分", "")] + named


def _money(match: re.Match[str]) -> list[str]:
    number, names, scale = match["n"], _CURRENCIES[match["sign"]], match["scale"] or ""
    said = [f"{n}{scale}{name}" for n in amounts(number) for name in names]
    whole, _, part = number.partition(".")
    if scale or names[0] != "元" or len(part) not in (1, 2):
        return said
    tenths, hundredths = part.ljust(2, "0")
    kinds = [(*pair, ends) for pair in (("元", "角"), ("块", "毛")) for ends in (True, False)]
    return said + [
        f"{n}{yuan}{_coins(tenths, hundredths, jiao, ends=ends)}"
        for n in cardinals(whole)
        for yuan, jiao, ends in kinds
    ]


def _coins(tenths: str, hundredths: str, jiao: str, *, ends: bool) -> str:
    """Five tenths and two hundredths as 五角二分, 五毛二, 五."""
    high = "" if tenths == "0" else an2cn(int(tenths))
    low = "" if hundredths == "0" else an2cn(int(hundredths))
    if not low:
        return high + (jiao if ends and high else "")
    return (high + jiao if high else "零") + low + ("分" if ends else "")


def _fraction(match: re.Match[str]) -> list[str]:
    above, below = match["a"], match["b"]
    numbers = [(a, b) for a in cardinals(above) for b in cardinals(below)]
    halves = ["一半"] if (above, below) == ("1", "2") else []
    fractions, ratios = [f"{b}分之{a}" for a, b in numbers], [f"{a}比{b}" for a, b in numbers]
    return [*fractions, *halves, *ratios, *_month_day(above, below)]


def _percent(match: re.Match[str]) -> list[str]:
    name = "千分之" if match["sign"] == "‰" else "百分之"
    return [f"{name}{n}" for n in (*amounts(match["n"]), *(["百"] if match["n"] == "100" else []))]


def _unit(match: re.Match[str]) -> list[str]:
    numbers = [f"{n}{match['scale'] or ''}" for n in amounts(match["n"])]
    said = [f"{n}{name}" for n in numbers for name in _UNITS[match["unit"]]]
    hourly = ("公里", "千米") if match["unit"] == "km/h" else ()
    return [*said, *(f"每小时{n}{name}" for n in numbers for name in hourly)]


def _address(match: re.Match[str]) -> list[str]:
    text = re.sub(r"^https?://", "", match[0])
    said = "".join(_NAMES.get(c, c) for c in text).translate(_DIGITS)
    return [said, said.replace("艾特", "at"), said.replace("点", "dot")]


def _telephone(match: re.Match[str]) -> list[str]:
    return [*spell(match[0]), *(cardinals(match[0]) if match[0].isdigit() else [])]


def _dotted(match: re.Match[str]) -> list[str]:
    return ["点".join(group.translate(_DIGITS) for group in match[0].split("."))]


def _said(forms: Sequence[str]) -> Reader:
    return lambda _: list(forms)


def _one_of(names: dict[str, tuple[str, ...]]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


_BARE = r"(?<![\d.,])"
_N = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALED = rf"(?P<n>{_N})(?P<scale>[十百千]?[万亿])?"
_HOST = rf"(?:[a-zA-Z\d-]+\.)+(?:{SUFFIXES})(?![a-zA-Z\d])(?:/[\w./-]*[a-zA-Z\d])?"
_ADDRESS = rf"(?:https?)://[\w./-]*[a-zA-Z\d]|[a-zA-Z\d.+_-]+@{_HOST}|{_HOST}"
_DATE = rf"{_BARE}(?P<y>\d{{4}})(?P<sep>[./·-])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?![\d/-])"
_TIME = rf"{_BARE}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::(?P<s>\d{{2}}))?(?![\d:])"
_MINUS = rf"(?:(?<=^)|(?<=[^\w)%]))[-−–](?={_N})|(?<=[\u4e00-\u9fff])[-−](?=\d+(?:\.\d+)?\s?°)"
_TELEPHONE = r"(?<![\w.])\+?\d{2,}(?:[ -]\d{2,})+|(?<![\d.])\+?\d{7,}(?![\d.]*万|\d|\.\d)"
RULES: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (_ADDRESS, _address),
        (_DATE, _date),
        (rf"{_BARE}\d{{2,4}}(?=年[^前后龄级半内里代多]|年$)", _year),
        (_TIME, _time),
        (rf"(?P<sign>{_one_of(_CURRENCIES)})\s?{_SCALED}元?", _money),
        (rf"{_BARE}{_SCALED}\s?(?P<sign>{_one_of(_CURRENCIES)})", _money),
        (_MINUS, _said(("负", "零下", "减"))),
        (rf"{_BARE}(?P<n>{_N})\s?(?P<sign>[%‰])", _percent),
        (rf"{_BARE}(?P<a>\d+)\s?/\s?(?P<b>\d+)(?![\d/])", _fraction),
        (rf"{_BARE}{_SCALED}\s?(?P<unit>{_one_of(dict(_UNITS))})(?![a-zA-Z/\d])", _unit),
        (_TELEPHONE, _telephone),
        (rf"{_BARE}\d+(?:\.\d+){{2,}}", _dotted),
        (r"(?<=\d)\s?[-–~～—]\s?(?=\d)", _said(("到", "至", "比", "减", "", "杠"))),
        (r"(?<=\d):(?=\d)", _said(("比", ""))),
        (r"(?<=月)0?(?P<n>\d{1,2})[日号]", _day),
        (rf"{_BARE}0\d(?=[月日号点分秒])", lambda m: [*cardinals(m[0]), *spell(m[0])]),
        (_N, lambda number: amounts(number[0])),
        *((re.escape(sign), _said(forms)) for sign, forms in _SIGNS.items()),
    )
)
