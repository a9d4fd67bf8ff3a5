"""German: as it is written in Germany, Austria and Switzerland."""

from collections.abc import Sequence
from typing import ClassVar

from selfverify.languages.base import reading_aloud
from selfverify.languages.european import European

_ENDINGS = ("e", "er", "en", "es", "em")


class German(European):
    """Numbers with all their endings, halves of hours, compounds with and without their space."""

    name = "German"
    packages = ("num2words", "babel")
    pace = reading_aloud(920)
    locale = "de"
    points: ClassVar = {",": ("Komma",), ".": ("Punkt", "Komma")}
    signs: ClassVar = {
        "%": ("Prozent",), "‰": ("Promille",), "&": ("und",), "+": ("plus",),
        "=": ("gleich", "ist gleich"), "−": ("minus",), "@": ("at",), "§": ("Paragraph",),
        "#": ("Hashtag", "Raute", "Nummer"), "×": ("mal",),
        "/": ("", "oder", "pro", "Schrägstrich"), "€": ("Euro",), "$": ("Dollar",), "°": ("Grad",),
    }  # fmt: skip
    names: ClassVar = {
        "-": ("Minus", "Bindestrich"), "@": ("at", "ät"), "_": ("Unterstrich", "Unterstrich"),
        "/": ("Schrägstrich", "Slash"), ":": ("Doppelpunkt", "Doppelpunkt"), "+": ("plus", "plus"),
        ".": ("Punkt", "Punkt"),
    }  # fmt: skip
    spellings: ClassVar = {
        r"[’']": "", "ein ?(hundert|tausend)": r"\1", r"\bzirka\b": "circa",
        r"\bfotogra": "photogra", r"\bsankt\b": "st", "paragraf": "paragraph",
    }  # fmt: skip
    abbreviations: ClassVar = {
        r"\bMär\.": ("März",),
        r"\bz\.\s?B\.": ("zum Beispiel",), r"\bd\.\s?h\.": ("das heißt",),
        r"\bu\.\s?a\.": ("unter anderem", "und andere"), r"\busw\.": ("und so weiter",),
        r"\bbzw\.": ("beziehungsweise",), r"\bca\.": ("circa",), r"\bNr\.": ("Nummer",),
        r"\bDr\.": ("Doktor",), r"\bProf\.": ("Professor",), r"str\.(?=\W|$)": ("straße",),
        r"\bStr\.": ("Straße",), r"\bHr\.": ("Herr",), r"\bFr\.": ("Frau",), r"\bSt\.": ("Sankt",),
        r"\bTel\.": ("Telefon",), r"\binkl\.": ("inklusive",), r"\bevtl\.": ("eventuell",),
        r"\bMio\b\.?": ("Millionen", "Million"), r"\bMrd\b\.?": ("Milliarden", "Milliarde"),
        r"\bStd\.": ("Stunden", "Stunde"), r"\bJh\.": ("Jahrhundert", "Jahrhunderts"),
        r"\bv\.\s?Chr\.": ("vor Christus",), r"\bn\.\s?Chr\.": ("nach Christus",),
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("Stundenkilometer",),
        "kg": ("Kilo",),
        "h": ("Uhr",),
        "°C": ("Grad",),
    }
    of = ("", "von")
    hour = ("Uhr",)
    currencies: ClassVar = {
        "EUR": [("Euro", "Euro", "Cent", "Cent")],
        "USD": [("Dollar", "Dollar", "Cent", "Cent"), ("US-Dollar", "US-Dollar", "Cent", "Cent")],
        "GBP": [("Pfund", "Pfund", "Penny", "Pence")],
        "JPY": [("Yen", "Yen", "Sen", "Sen")],
        "CHF": [("Franken", "Franken", "Rappen", "Rappen")],
    }
    scales: ClassVar = {
        r"Mio\.?|[Mm]illion(?:en)?": ("Millionen", "Million"),
        r"Mrd\.?|[Mm]illiarden?": ("Milliarden", "Milliarde"),
        "[Tt]ausend": ("tausend", "tausend"),
    }
    over = ("durch", "zu", "Schrägstrich", "von")
    links = ("", "und")
    ranges = ("bis", "", "zu", "minus", "strich")
    ratios = ("zu", "")
    times = (
        r"(?<![\d:.,])(?P<h>\d{1,2})(?::|\.(?=\d\d\s?Uhr))(?P<m>\d{2})(?![\d:])(?:\s?(?:Uhr|h)\b)?"
    )
    ordinal = r"(?<![\w.,])(?P<n>\d{1,9})\.(?=\s|$)"
    numbered = r"kapitel|teil|band|akt|buch|artikel|anhang"

    def cardinals(self, number: int) -> list[str]:
        """With "ein" and its endings for "eins"."""
        said = self.words(number)
        ends = ["ein", *(f"ein{end}" for end in _ENDINGS)] if number % 100 == 1 else []
        forms = [said.removesuffix("eins") + end for end in ends]
        return [said, *forms, *(["zwo"] if number == 2 else [])]

    def years(self, number: int) -> list[str]:
        """In hundreds, from 1100 to 1999."""
        return [self.words(number, "year")] if 1100 <= number <= 1999 else []

    def ordinals(self, number: int) -> list[str]:
        """With all endings."""
        stem = self.words(number, "ordinal").removesuffix("e")
        return [stem + ending for ending in _ENDINGS]

    def reigns(self, number: int) -> list[str]:
        """Ordinal with its article; cardinal, as of chapters."""
        stem = self.words(number, "ordinal").removesuffix("e")
        articles = ("der", "e"), ("des", "en"), ("dem", "en"), ("den", "en"), ("die", "e")
        said = [f"{article} {stem}{ending}" for article, ending in articles]
        return [*said, *self.cardinals(number)]

    def dates(self, day: int, month: int, years: Sequence[str]) -> list[str]:
        """Day and month as ordinals, or the month by its name."""
        months = [self.month(month), *self.ordinals(month)]
        return [f"{d} {m} {y}" for d in self.ordinals(day) for m in months for y in years]

    def fractions(self, above: int, below: int) -> list[str]:
        """Three quarters as one word or two."""
        names = {
            2: ("halb", *(f"halb{end}" for end in (*_ENDINGS, "er"))),
            3: ("drittel",),
            7: ("siebtel",),
            8: ("achtel",),
        }
        named = names.get(below) or (self.words(below) + ("tel" if below < 20 else "stel"),)
        return [f"{n} {name}" for n in self.cardinals(above) for name in named]

    def clock(self, hour: int, minute: int) -> list[str]:
        """By the hour's number, or past and to, halves and quarters as in any part of the land."""
        now, later = self._hour(hour), self._hour(hour + 1)
        hours = dict.fromkeys(("ein" if hour == 1 else self.words(hour), now))
        if not minute:
            return [*(f"{h} Uhr" for h in hours), now, *(f"{h} Uhr null null" for h in hours)]
        said = self.words(minute)
        zero = f"null {said}" if minute < 10 else said
        full = [f"{h} {uhr} {m}" for h in hours for uhr in ("Uhr", "") for m in (said, zero)]
        past = [f"{said} nach {now}", f"{said} Minuten nach {now}"]
        left = self.words(60 - minute)
        to = [f"{left} vor {later}", f"{left} Minuten vor {later}"]
        quarters = {
            15: [f"Viertel nach {now}", f"viertel {later}"],
            30: [f"halb {later}"],
            45: [f"Viertel vor {later}", f"dreiviertel {later}"],
        }
        return [*full, *(past if minute <= 30 else to), *quarters.get(minute, [])]

    def _hour(self, hour: int) -> str:
        return self.words((hour - 1) % 12 + 1)
