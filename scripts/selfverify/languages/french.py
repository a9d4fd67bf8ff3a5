"""French: of France, Belgium, Switzerland and Canada."""

from collections.abc import Sequence
from typing import ClassVar

from selfverify.languages.base import reading_aloud
from selfverify.languages.european import European
from selfverify.languages.numerals import ROMAN, words

# Septante, huitante, nonante.
_ELSEWHERE = ("fr_BE", "fr_CH")


class French(European):
    """Numbers of all its countries; letters that are not heard in a number are no difference."""

    name = "French"
    packages = ("num2words", "babel")
    pace = reading_aloud(998)
    locale = "fr"
    points: ClassVar = {",": ("virgule",), ".": ("point", "virgule")}
    signs: ClassVar = {
        "%": ("pour cent", "pourcent"), "‰": ("pour mille",), "&": ("et",), "+": ("plus",),
        "=": ("égale", "égal", "est égal à"), "−": ("moins",), "@": ("arobase", "at"),
        "§": ("paragraphe",), "#": ("dièse", "numéro", "hashtag"), "×": ("fois", "par"),
        "/": ("", "ou", "slash", "par", "barre"), "€": ("euros",), "$": ("dollars",),
        "°": ("degrés",),
    }  # fmt: skip
    names: ClassVar = {
        "-": ("tiret", "trait d'union"), "@": ("arobase", "at"), "_": ("tiret bas", "underscore"),
        "/": ("slash", "barre oblique"), ":": ("deux points", "deux points"),
        "+": ("plus", "plus"), ".": ("point", "point"),
    }  # fmt: skip
    # Accents that change no sound, also as the spelling of 1990 leaves them out; ligatures.
    spellings: ClassVar = {
        r"[’']": " ", "œ": "oe", "æ": "ae", "[àâ]": "a", "ù": "u", "û": "u", "î": "i",
        r"\bmme\b": "madame", r"\bbcp\b": "beaucoup", r"\bdemie\b": "demi",
        r"(?<=vingt)s\b|(?<=cent)s\b|(?<=million)s\b|(?<=milliard)s\b": "",
    }  # fmt: skip
    abbreviations: ClassVar = {
        r"\bM\.(?=\s[A-ZÉ])": ("monsieur",), r"\bMM\.": ("messieurs",), r"\bMme\b\.?": ("madame",),
        r"\bMlle\b\.?": ("mademoiselle",), r"\bDr\b\.?": ("docteur",),
        r"\bPr\b\.?": ("professeur",),
        r"\betc\.": ("et cetera", "etcétéra"), r"\bp\.\s?ex\.": ("par exemple",),
        r"\bc\.-à-d\.|\bc\.à\.d\.": ("c'est à dire",), r"\b[nN][°º]\s?": ("numéro",),
        r"\bbd\b\.?|\bBd\b\.?": ("boulevard",), r"\bav\.": ("avenue",), r"\bSt-": ("saint",),
        r"\bSte-": ("sainte",), r"\btél\.|\bTél\.": ("téléphone",), r"\benv\.": ("environ",),
        r"\bav\.\s?J\.-C\.": ("avant Jésus Christ",), r"\bapr\.\s?J\.-C\.": ("après Jésus Christ",),
        r"\bkm\b": ("kilomètres", "kilomètre", "km"),
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("kilomètres heure", "kilomètres à l'heure", "kilomètre heure"),
        "kg": ("kilos", "kilo"), "°": ("degrés", "degré"), "°C": ("degrés", "degré"),
    }  # fmt: skip
    of = ("", "de", "d'")
    hour = ("heures",)
    currencies: ClassVar = {
        "EUR": [("euro", "euros", "centime", "centimes"), ("euro", "euros", "cent", "cents")],
        "USD": [("dollar", "dollars", c, f"{c}s") for c in ("cent", "centime")],
        "GBP": [(f"livre{of}", f"livres{of}", "penny", "pence") for of in ("", " sterling")],
        "JPY": [("yen", "yens", "sen", "sen")],
        "CHF": [("franc", "francs", "centime", "centimes")],
    }  # fmt: skip
    scales: ClassVar = {
        r"millions?|M": ("millions", "million"),
        r"milliards?|Md": ("milliards", "milliard"),
        "mille": ("mille", "mille"),
    }
    over = ("sur", "barre", "slash", "divisé par")
    links = ("", "et", "virgule")
    ranges = ("à", "", "moins", "au", "tiret")
    ratios = ("à", "")
    times = (
        r"(?<![\d:.,])(?P<h>\d{1,2})(?:\s?(?:h|heures?)\s?(?P<m>\d{2}(?!\d))?|:(?P<m2>\d{2}))"
        r"(?![\w:])(?:\s?h\b)?"
    )
    ordinal = (
        r"(?<![\w.,])(?P<n>\d{1,4})(?:ers?|ères?|res?|ièmes?|èmes?|emes?|es?|[ᵉº°](?!\s?[CF]\b)|nde?)"
        rf"(?!\w)|(?<!\w)(?P<roman2>{ROMAN})(?:e|ème|er|ᵉ)(?!\w)"
    )
    numbered = r"chapitre|tome|volume|acte|livre|article|annexe|phase|partie|guerre"

    def cardinals(self, number: int) -> list[str]:
        """In both genders; as in Belgium and Switzerland too."""
        said = list(
            dict.fromkeys(words(number, place, "cardinal") for place in (self.locale, *_ELSEWHERE))
        )
        # "Une" after a last one, but for eleven and its like.
        return [*said, *(form + "e" for form in said if form.split("-")[-1].split()[-1] == "un")]

    def years(self, number: int) -> list[str]:
        """In hundreds, from 1100 to 1999."""
        if not 1100 <= number <= 1999:
            return []
        hundreds, rest = divmod(number, 100)
        ends = self.cardinals(rest) if rest else [""]
        return [f"{self.words(hundreds)} cent {end}" for end in ends]

    def ordinals(self, number: int) -> list[str]:
        """Of one and two with their other words."""
        others = {1: ["première", "premiers", "premières"], 2: ["second", "seconde"]}.get(
            number, []
        )
        said = dict.fromkeys(
            words(number, place, "ordinal") for place in (self.locale, *_ELSEWHERE)
        )
        return [*said, *others, *(f"{form}s" for form in said)]

    def reigns(self, number: int) -> list[str]:
        """Cardinal, of one the ordinal."""
        return ["premier", "première", "un", "une"] if number == 1 else self.cardinals(number)

    def dates(self, day: int, month: int, years: Sequence[str]) -> list[str]:
        """The first as an ordinal."""
        days = ["premier", "un"] if day == 1 else [self.words(day)]
        months = (self.month(month), *self.cardinals(month))
        return [f"{d} {m} {y}" for d in days for m in months for y in years]

    def fractions(self, above: int, below: int) -> list[str]:
        """In singular and plural."""
        names = {2: "demi", 3: "tiers", 4: "quart"}
        name = names.get(below) or self.words(below, "ordinal")
        ends = ("",) if above == 1 or name.endswith("s") else ("s", "")
        parts = [f"{n} {name}{end}" for n in self.cardinals(above) for end in ends]
        return [*parts, *(["demi", "un demi", "une demi"] if (above, below) == (1, 2) else [])]

    def clock(self, hour: int, minute: int) -> list[str]:
        """With halves and quarters, noon and midnight; hours of twelve and of twenty-four."""
        nows, laters = self._hours(hour), self._hours(hour + 1)
        if not minute:
            return nows
        said = self.cardinals(minute)
        zero = [f"zéro {form}" for form in said] if minute < 10 else []
        full = [f"{h} {m}{end}" for h in nows for m in (*said, *zero) for end in ("", " minutes")]
        left = self.cardinals(60 - minute)
        to = [f"{h} moins {m}" for h in laters for m in left] if minute > 30 else []
        quarters = {15: [f"{h} et quart" for h in nows], 30: [f"{h} et demi" for h in nows],
                    45: [f"{h} moins le quart" for h in laters]}  # fmt: skip
        return [*full, *to, *quarters.get(minute, [])]

    def _hours(self, hour: int) -> list[str]:
        numbers = dict.fromkeys((hour % 24, (hour - 1) % 12 + 1))
        said = [f"{self._une(n)} heure{'' if n == 1 else 's'}" for n in numbers]
        named = {0: ["minuit"], 12: ["midi"]}.get(hour % 24, [])
        return [*said, *named]

    def _une(self, number: int) -> str:
        return self.cardinals(number)[-1] if number in (1, 21) else self.words(number)
