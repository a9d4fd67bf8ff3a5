"""Word lists of the paper track's hard prompts; all written for this project, MIT."""

NAMES = (
    "Anna David Maria Thomas Julia Samuel Laura Henry Nina Walter Clara Edward Sophie Martin Helen "
    "Oliver Ruth Simon Alice Victor"
).split()
SURNAMES = (
    "Baker Turner Hughes Palmer Fletcher Morgan Carter Watson Bennett Fisher Griffin Marshall "
    "Porter Hudson Wallace Barnes"
).split()
PEOPLE = (
    "the gardener|my neighbour|an old sailor|the new teacher|our landlord|the young doctor|a "
    "retired judge|the night porter|her cousin|the museum guide|a tired nurse|the village baker|"
    "their accountant|the head cook|a visiting student|the bus driver"
).split("|")
PAST_VERBS = (
    "noticed repaired forgot described carried borrowed painted measured followed discovered "
    "ignored delivered photographed cleaned inspected collected"
).split()
ADJECTIVES = (
    "rusty quiet enormous delicate yellow unfinished wooden damp expensive narrow polished ancient "
    "heavy curious broken bright"
).split()
NOUNS = (
    "ladder piano lantern suitcase engine notebook window carpet telescope bicycle statue mirror "
    "kettle bridge umbrella fountain compass barrel curtain printer"
).split()
PLURALS = (
    "lemons candles envelopes hammers blankets oysters ribbons batteries mushrooms buttons pencils "
    "sandwiches magazines bottles onions feathers tickets marbles needles walnuts"
).split()
PLACES = (
    "behind the station|near the frozen lake|in the back of the shop|under the stone bridge|on the "
    "third floor|beside the old mill|at the edge of the forest|outside the town hall|in a quiet "
    "courtyard|along the canal|above the bakery|between two parked cars"
).split("|")
TIMES = (
    "early this morning|after the storm|last Tuesday|during the long winter|just before midnight|"
    "on the first day of spring|while it was raining|two weeks later|at the end of the concert|"
    "shortly after lunch"
).split("|")
CONNECTIVES = "because|although|and afterwards|while|so that, in the end,|even though".split("|")

EXCLAMATIONS = (
    "No!|Yes.|Stop!|Why?|Perhaps.|Thank you.|Come in!|Never again.|Wait!|Who, me?|Of course.|Not "
    "yet.|Help!|Good night.|How much?|Really?|Sit down.|Absolutely not!|Go on.|Too late.|Hello?|"
    "Look out!|Maybe later.|Nonsense!|Well done!|Not me.|What now?|Be quiet.|Right here.|I do.|"
    "Follow me.|Don't move!|So what?|Exactly.|Almost there.|After you.|Keep going!|Sorry.|No idea.|"
    "Agreed."
).split("|")
COMMANDS = "Take Bring Hold Leave Try Watch Drop Keep Find Move Send Open Close Turn".split()
OBJECTS = "it that this mine both them everything one these nothing".split()

# Onsets that are easily confused, with words for "NAME VERB ADJECTIVE PLURALS".
TWISTERS = {
    "s, sh": (
        "Sheila Sasha Cecil Shirley".split(),
        "sells shuns seeks shakes".split(),
        "shiny silver short sour selfish".split(),
        "seashells shawls scissors sheets swans ships".split(),
    ),
    "p, b": (
        "Peter Betty Patrick Bobby".split(),
        "picks buys paints bakes".split(),
        "purple bitter plump black prickly".split(),
        "peppers biscuits pebbles buttons puppets baskets".split(),
    ),
    "r, l, w": (
        "Larry Rory Willa Lowell".split(),
        "rolls lures wraps loses".split(),
        "red leather rural wrinkled wobbly".split(),
        "lorries rollers worms lilies wheels rulers".split(),
    ),
    "th, f": (
        "Theo Fiona Thelma Freddy".split(),
        "finds throws thatches folds".split(),
        "thick furry thin free thorny".split(),
        "feathers thimbles thrushes fossils thistles flags".split(),
    ),
    "k, g": (
        "Katie Gordon Craig Grace".split(),
        "keeps grinds claims grows".split(),
        "clean green crisp greasy crimson".split(),
        "grapes crabs glasses cradles goggles crates".split(),
    ),
}

# Below 3 on the Zipf scale: less than once in a million words.
RARE_WORDS = (
    "abscond acrimony alacrity ameliorate anachronism avuncular bellicose brusque "
    "bumptious cacophony chicanery circumlocution clavichord colloquy conflagration coterie "
    "debauchery desiccate diaphanous didactic effervescent effigy effrontery enervate ephemera "
    "equivocate fastidious flotsam fortuitous fricassee garrulous genteel harangue homily "
    "ichthyology iconoclast imbroglio incorrigible ineffable intransigent irascible isthmus "
    "jocular laconic "
    "languid licentious loquacious lugubrious magnanimous marzipan mellifluous mendacious moribund "
    "munificent obfuscate obsequious obstreperous onomatopoeia opprobrium ostensible "
    "palindrome parsimonious pedagogue perspicacious phlegmatic pugnacious pusillanimous querulous "
    "quixotic recalcitrant sanctimonious soliloquy surreptitious taciturn trepidation turpitude "
    "vacillate vicissitude vociferous zephyr"
).split()
# As they are written in their languages; readings are compared without accents.
FOREIGN_NAMES = (
    "Siobhán Ní Bhriain|Wojciech Kowalczyk|Nguyễn Thị Hương|Þórarinn Jónsson|Giacomo Bevilacqua|"
    "Zsuzsanna Szőke|Xiaoling Zhang|Oluwaseun Adeyemi|Françoise Lefèvre|Jürgen Weißmüller|Ayşe "
    "Yıldırım|Krzysztof Brzeziński|Chidimma Okonkwo|Kjersti Bjørnstad|Dmitri Shcherbakov|Itzel "
    "Xochitl Ramírez|Aoife Gallagher|Venkataraman Subramaniam|João Guimarães|Eleftheria "
    "Papadopoulou|Tomáš Dvořák|Hyejin Choi|Maarten van Schaik|Ngaire Tamihana|Saoirse Quinlan|"
    "Guillaume Beauchêne|Takahashi Ryūnosuke|Zdeněk Hřebejk"
).split("|")
FOREIGN_PLACES = (
    "Llanfairfechan|Szczecin|Reykjavík|Ouagadougou|Zürich|Guadalajara|Edinburgh|Bydgoszcz|Antananarivo|"
    "Thessaloniki|Kraków|São Paulo|Trondheim|Dnipropetrovsk|Cholula|Worcester|Nuuk|Oaxaca|Łódź|"
    "Qingdao|Versailles|Tucson|Kyoto|Bratislava"
).split("|")
INITIALISMS = "BBC FBI USB GPS DNA HTML CEO PDF VIP ATM MRI TV".split()
# Written as here and read as words.
ACRONYMS = "NASA NATO UNESCO ASEAN OPEC UNICEF FIFA".split()
TITLES = {
    "Dr.": "Doctor",
    "Mr.": "Mister",
    "Mrs.": "Missus",
    "Prof.": "Professor",
    "Capt.": "Captain",
}
SHORT_FORMS = {
    "approx.": "approximately",
    "Dept.": "department",
    "Ave.": "avenue",
    "vs.": "versus",
    "min.": "minutes",
    "Sept.": "September",
}
UNITS = {
    "km": "kilometres", "kg": "kilograms", "mph": "miles per hour", "cm": "centimetres",
    "°C": "degrees Celsius", "%": "percent", "MB": "megabytes", "ft": "feet",
}  # fmt: skip
CURRENCIES = {"$": ("dollars", "cents"), "€": ("euros", "cents"), "£": ("pounds", "pence")}
MONTHS = (
    "January February March April May June July August September October November December"
).split()
MONARCHS = "King Henry|Pope Leo|Queen Elizabeth|King Louis|Emperor Charles|King George".split("|")
IDENTIFIERS = (
    "user count|max speed|file name|last error|total price|input size|row index|is ready"
).split("|")
DOMAINS = ("example.com", "example.org", "example.net")  # reserved for examples by RFC 2606
SITE_WORDS = "help news garden music travel library kitchen weather tickets museum".split()
