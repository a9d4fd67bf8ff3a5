"""Spanish: of Spain and of America, decimals after a comma or a point."""

import re
from collections.abc import Sequence
from typing import ClassVar

from selfverify.languages.base import reading_aloud
from selfverify.languages.european import European
from selfverify.metric.readings import Reader

_TO_TEN = "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo"


class Spanish(European):
    """Numbers in both genders; accents that change no sound are no difference."""

    name = "Spanish"
    packages = ("num2words", "babel")
    pace = reading_aloud(1025)
    locale = "es"
    points: ClassVar = {",": ("coma", "punto", "con"), ".": ("punto", "coma")}
    signs: ClassVar = {
        "%": ("por ciento",), "‰": ("por mil",), "&": ("y",), "+": ("más",),
        "=": ("igual a", "es igual a", "igual"), "−": ("menos",), "@": ("arroba",),
        "§": ("párrafo", "sección"), "#": ("numeral", "número", "almohadilla", "hashtag"),
        "×": ("por",), "/": ("", "o", "barra", "por"), "€": ("euros",), "$": ("dólares", "pesos"),
        "°": ("grados",), "º": ("grados",),
    }  # fmt: skip
    names: ClassVar = {
        "-": ("guion", "guión"), "@": ("arroba", "arroba"), "_": ("guion bajo", "guión bajo"),
        "/": ("barra", "diagonal"), ":": ("dos puntos", "dos puntos"), "+": ("más", "más"),
        ".": ("punto", "punto"),
    }  # fmt: skip
    # An accent on these words tells their use, not their sound (Ortografía de la lengua española,
    # 2010, 3.4.3); the rest mark the stress, which is heard.
    spellings: ClassVar = {
        r"[’']": "", r"\bqué\b": "que", r"\bquién(es)?\b": r"quien\1", r"\bcuál(es)?\b": r"cual\1",
        r"\bcómo\b": "como", r"\bcuándo\b": "cuando", r"\bdónde\b": "donde",
        r"\bcuánt(o|a|os|as)\b": r"cuant\1", r"\bél\b": "el", r"\bsí\b": "si", r"\bmí\b": "mi",
        r"\btú\b": "tu", r"\bté\b": "te", r"\bsé\b": "se", r"\bdé\b": "de", r"\bmás\b": "mas",
        r"\bsólo\b": "solo", r"\b(é)(st|s)(e|a|os|as)\b": r"e\2\3", r"\bguión\b": "guion",
        # Ordinals from 13 on are written as one word or as two, with an accent or two.
        "ésim": "esim", "décim": "decim", r"decimo ?oct": "decimoct", r"imo ?oct": "imoct",
        r"\bquadra": "cuadra", "septigent": "septingent", "cuadrigent": "cuadringent",
        "séptim": "septim", r"\bsetiembre\b": "septiembre",
    }  # fmt: skip
    abbreviations: ClassVar = {
        r"\bSr\.": ("señor",), r"\bSra\.": ("señora",), r"\bSrta\.": ("señorita",),
        r"\bDr\.": ("doctor",), r"\bdr\.": ("doctor",), r"\bDra\.": ("doctora",),
        r"\bUds\.": ("ustedes",), r"\bUd\.": ("usted",),
        r"\bp\.\s?ej\.": ("por ejemplo",), r"\betc\.": ("etcétera",),
        r"\bAv(?:da)?\.": ("avenida",),
        r"\bpza\.|\bPza\.": ("plaza",), r"\bC/\s?": ("calle",), r"\bn\.?º\s?|\bnúm\.": ("número",),
        r"\bpág\.": ("página",), r"\bpágs\.": ("páginas",), r"\btel\.|\bTel\.": ("teléfono",),
        r"\bEE\.?\s?UU\.?": ("Estados Unidos",), r"\ba\.\s?C\.": ("antes de Cristo",),
        r"\bd\.\s?C\.": ("después de Cristo",), r"\bSto\.": ("santo",), r"\bSta\.": ("santa",),
        r"\ba\.?\s?m\b\.?": ("a m", "de la mañana", "de la noche", "de la madrugada"),
        r"\bp\.?\s?m\b\.?": ("p m", "de la tarde", "de la noche", "del mediodía"),
    }  # fmt: skip
    units: ClassVar = {
        "kg": ("kilos", "kilo"), "°": ("grados", "grado"), "MB": ("megas",), "GB": ("gigas",),
        "°C": ("grados centígrados", "grado centígrado", "grados"), "°c": ("grados centígrados",),
    }  # fmt: skip
    of = ("", "de")
    hour = ("horas",)
    currencies: ClassVar = {
        "EUR": [("euro", "euros", "céntimo", "céntimos"), ("euro", "euros", "centavo", "centavos")],
        "USD": [("dólar", "dólares", "centavo", "centavos"),
                ("peso", "pesos", "centavo", "centavos"),
                ("dólar", "dólares", "céntimo", "céntimos")],
        "GBP": [("libra", "libras", "penique", "peniques")],
        "JPY": [("yen", "yenes", "sen", "sen")],
        "CHF": [("franco", "francos", "céntimo", "céntimos")],
    }  # fmt: skip
    scales: ClassVar = {
        r"mill(?:ón|ones)|M": ("millones", "millón"),
        r"bill(?:ón|ones)": ("billones", "billón"),
        "mil": ("mil", "mil"),
    }
    over = ("sobre", "entre", "barra", "partido por", "de")
    links = ("con", "y", "")
    ranges = ("a", "", "menos", "al", "guion", "hasta")
    ratios = ("a", "")
    times = (
        r"(?<![\d:.,])(?P<h>\d{1,2})(?::|\.(?=\d\d\s?(?:h\b|[ap]\.?\s?m\b))|(?<=las \d)\.|"
        r"(?<=las \d\d)\.)(?P<m>\d{2})(?![\d:])(?:\s?h(?:oras)?\b\.?)?"
    )
    ordinal = (
        r"(?<![\w.,])(?P<n>\d{1,3}(?:[. ]\d{3})*|\d{4})\.?"
        r"(?:[ºª]|°(?!\s?[CcF]\b)|(?:er|ero|era|ro|ra|do|da|to|ta|mo|ma|vo|va|no|na)\b)"
    )
    numbered = r"siglo|siglos|capítulo|tomo|volumen|acto|título|fase|guerra|anexo"

    def own_rules(self) -> list[tuple[str, Reader]]:
        """A day and a month by its name, either first, a year after them or not."""
        months = "|".join(self.month(n) for n in range(1, 13))
        year = r"(?:\s(?:del?\s)?(?P<y>\d{4})\b)?"
        return [
            (rf"(?i)\b(?P<d>\d{{1,2}})\s(?:de\s)?(?P<m>{months})\b{year}", self._named_date),
            (rf"(?i)\b(?P<m>{months})\s(?P<d>\d{{1,2}})\b{year}", self._named_date),
        ]

    def _named_date(self, match: re.Match[str]) -> list[str]:
        names = [self.month(n) for n in range(1, 13)]
        years = self.integers(match["y"]) if match["y"] else [""]
        return self.dates(int(match["d"]), names.index(match["m"].lower()) + 1, years)

    def cardinals(self, number: int) -> list[str]:
        """In both genders, and short before a noun."""
        said = self.words(number)
        forms = [said]
        if said.endswith("uno"):
            short = said.removesuffix("uno") + ("ún" if number % 100 == 21 else "un")
            forms += [short, said[:-1] + "a"]
        return [*forms, *(form.replace("cientos", "cientas").replace("quinientos", "quinientas")
                          for form in forms if "ientos" in form)]  # fmt: skip

    def ordinals(self, number: int) -> list[str]:
        """In both genders, short before a noun; from eleven on the cardinal too."""
        parts = self.words(number, "ordinal").split()
        said = [" ".join(part[:-1] + end for part in parts) for end in ("o", "a")]
        said.append(" ".join([*parts[:-1], parts[-1][:-1] + "a"]))  # decimotercera
        short = [said[0][:-1]] if parts[-1] in ("primero", "tercero") else []
        plural = [f"{form}s" for form in said]
        special = {
            11: ["undécimo", "undécima", "decimoprimer"],
            12: ["duodécimo", "duodécima"],
        }.get(number, [])
        return [*said, *short, *plural, *special, *(self.cardinals(number) if number > 10 else [])]

    def reigns(self, number: int) -> list[str]:
        """Ordinal up to ten, cardinal after that, either where either is said."""
        return [*self.ordinals(number), *self.cardinals(number)]

    def dates(self, day: int, month: int, years: Sequence[str]) -> list[str]:
        """The first as a number or as an ordinal; "de" or "del" before the year."""
        days = [*(["primero"] if day == 1 else []), self.words(day)]
        said = [f"{d} {de} {self.month(month)}" for d in days for de in ("de", "")]
        if years == [""]:
            return said
        return [f"{d} {de} {y}" for d in said for de in ("de", "del", "") for y in years]

    def fractions(self, above: int, below: int) -> list[str]:
        """In singular and plural."""
        names = {1: "entero", 2: "medio", 3: "tercio"} | dict(enumerate(_TO_TEN, start=4))
        if below <= 10:
            forms = [names[below]]
        elif below % 100 == 0:
            forms = [self.words(below, "ordinal")]
        else:
            forms = [f"{stem}avo" for stem in _stems(self.words(below))]
        ends = ("", "s") if above > 1 else ("",)
        numbers = self.cardinals(above)
        parts = [f"{n} {form}{end}" for n in numbers for form in forms for end in ends]
        return [*parts, *(["medio", "media"] if (above, below) == (1, 2) else [])]

    def clock(self, hour: int, minute: int) -> list[str]:
        """With "y" and "menos", halves and quarters; hours of twelve and of twenty-four."""
        now, later = self._hour(hour), self._hour(hour + 1)
        hours = dict.fromkeys(("una" if hour == 1 else self.words(hour), now))
        if not minute:
            ends = ("", " en punto", " horas", " cero cero", " hora")
            return [f"{h}{end}" for h in hours for end in ends]
        said = self.words(minute)
        links = (
            ("", "y", "horas", "horas y", "cero") if minute < 10 else ("", "y", "horas", "horas y")
        )
        full = [
            f"{h} {link} {said}{end}" for h in hours for link in links for end in ("", " minutos")
        ]
        to = [f"{later} menos {self.words(60 - minute)}"] if minute > 30 else []
        quarters = {15: [f"{h} y cuarto" for h in hours], 30: [f"{h} y media" for h in hours],
                    45: [f"{later} menos cuarto"]}  # fmt: skip
        return [*full, *to, *quarters.get(minute, [])]

    def _hour(self, hour: int) -> str:
        of_twelve = (hour - 1) % 12 + 1
        return "una" if of_twelve == 1 else self.words(of_twelve)


def _stems(number: str) -> list[str]:
    """A number before "-avo": "treinta" as "treint", "dieciséis" as "dieciseis"."""
    plain = number.translate(str.maketrans("éó", "eo")).replace(" y ", "i")
    last = plain.removesuffix("uno") + "un" if plain.endswith("uno") else plain
    return list(dict.fromkeys((number, plain, last, plain[:-1])))
