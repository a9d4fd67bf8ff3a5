"""The hard set of real systems, by written criteria; nothing in it was chosen by its failures.

Categories follow the hard sets of others: repetitions and tongue twisters (ELLA-V, arXiv
2401.07333; seed-tts-eval's hard cases), digits, letters, money and short texts (NeMo's
`riva_hard`), syntax, foreign words and pronunciation (EmergentTTS-Eval, NeurIPS 2025), written
forms with several readings (classes of text normalisation, Sproat and Jaitly, arXiv 1611.00068).
"""

from selfverify.audio.pace import LIBRISPEECH_READERS
from selfverify.prompts import english, formats
from selfverify.prompts.categories import Category, Conflict, draw_prompts
from selfverify.storage.records import Utterance

CATEGORIES = {
    "very_short": Category("one to three words, no clause", english.very_short),
    "long": Category("five clauses in one sentence, at least 40 words", english.long),
    "repeated_words": Category("a word four to seven times in a row", english.repeated_word),
    "repeated_phrases": Category(
        "a clause three to four times, one word changed each time", english.repeated_phrase
    ),
    "tongue_twisters": Category(
        "content words whose onsets are of one confusable group", english.tongue_twister
    ),
    "enumerations": Category("seven to nine nouns between commas", english.enumeration),
    "questions": Category("a question with a tag or with a clause inside", english.question),
    "punctuation": Category("quotes, dashes and dots inside one clause", english.punctuation),
    "unusual_order": Category("the words of a clause in random order", english.unusual_order),
    "rare_words": Category("three words below 3 on the Zipf scale", english.rare_words),
    "foreign_names": Category(
        "a person and two places in their languages' spelling", english.foreign_names
    ),
    "acronyms": Category("capitals read as letters, and capitals read as a word", english.acronyms),
    "cardinals": Category("a number above 999, or one with two decimals", formats.cardinals),
    "dates": Category("day, month and year with digits", formats.dates),
    "times": Category("a time of day with minutes, a.m. or p.m.", formats.times),
    "money": Category("a price with currency sign and two decimals", formats.money),
    "measures": Category("a number with the short form of a unit", formats.measures),
    "telephone": Category("ten digits with brackets and a hyphen", formats.telephone),
    "spelling": Category("a name spelled, or a code of letters and digits", formats.spelling),
    "abbreviations": Category(
        "a title and a short form with full stops, in brackets", formats.abbreviations
    ),
    "roman_numerals": Category(
        "two Roman numerals, one read as an ordinal", formats.roman_numerals
    ),
    "code": Category("identifiers with underscores, and operators", formats.code),
    "web_addresses": Category("a web or e-mail address", formats.web_addresses),
}

# For distillation. Closed lists of words would be learnt by heart: they stay unseen.
TRAIN_CATEGORIES = {
    key: category
    for key, category in CATEGORIES.items()
    if key not in ("rare_words", "foreign_names")
}

# What one number cannot be told from another by, and what recognisers themselves spell otherwise:
# apart from `hard`, so that it can be read apart.
RARE_CATEGORIES = {key: CATEGORIES[key] for key in ("rare_words", "cardinals", "dates")}
CATEGORIES_OF = {"train": TRAIN_CATEGORIES, "rare": RARE_CATEGORIES}


def make_criteria_set(
    name: str, *, num_utterances: int, seed: int, conflict: Conflict
) -> list[Utterance]:
    """Returns the utterances of a prompt set, the categories in turn.

    Args:
        name: of the set; `train` and `rare` have fewer categories.
        num_utterances: how many.
        seed: of the draw.
        conflict: refuses sentences.
    """
    return draw_prompts(
        name,
        CATEGORIES_OF.get(name, CATEGORIES),
        num_utterances=num_utterances,
        seed=seed,
        pace=LIBRISPEECH_READERS,
        conflict=conflict,
    )
