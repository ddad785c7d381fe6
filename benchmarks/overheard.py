"""What an open microphone overhears and nobody means for it: speech of others, in words of our own.

None of these lines is in eval/, config/ or the training data; they are spoken by `speakers`.
"""

from __future__ import annotations

import random

FOREIGN = {
    "de": (
        "Guten Morgen, wie geht es Ihnen heute?",
        "Wir haben gestern Abend lange auf den Zug gewartet.",
        "Kannst du mir bitte das Salz geben?",
        "Der Wetterbericht sagt Regen für das ganze Wochenende voraus.",
    ),
    "fr": (
        "Bonjour, je voudrais deux croissants et un café s'il vous plaît.",
        "Nous sommes partis en vacances au bord de la mer.",
        "Il faut que je rentre avant la nuit.",
        "Tu as vu le match hier soir?",
    ),
    "es": (
        "Buenos días, ¿dónde está la estación de autobuses?",
        "Mi hermana trabaja en un hospital muy grande.",
        "Mañana vamos a comer con los abuelos.",
        "No me acuerdo del nombre de esa película.",
    ),
    "it": (
        "Ieri sera abbiamo mangiato una pizza buonissima.",
        "Il treno per Milano parte dal binario quattro.",
        "Non so ancora se verrò alla festa.",
    ),
    "nl": (
        "Het regent al de hele dag en ik heb geen paraplu.",
        "Zullen we morgen samen naar de markt gaan?",
        "De kinderen spelen buiten in de tuin.",
    ),
    "pl": (
        "Dzień dobry, poproszę bilet do Krakowa.",
        "Wczoraj byliśmy w kinie na bardzo śmiesznym filmie.",
        "Nie wiem, gdzie położyłem klucze.",
    ),
    "pt": (
        "Bom dia, tudo bem com você?",
        "A minha avó faz o melhor bolo de chocolate.",
        "Hoje está muito calor na cidade.",
    ),
    "sv": (
        "God morgon, vill du ha kaffe eller te?",
        "Vi åkte till sjön i helgen och badade.",
        "Jag har glömt min plånbok hemma.",
    ),
    "fi": ("Hyvää huomenta, mitä kuuluu?", "Menemme huomenna mökille saunomaan."),
    "tr": ("Günaydın, bugün hava çok güzel.", "Akşam yemeğinde ne pişirelim?"),
    "ru": ("Доброе утро, как у вас дела?", "Вчера мы ходили в театр с друзьями."),
    "el": ("Καλημέρα, τι κάνεις σήμερα;", "Πάμε μια βόλτα στη θάλασσα."),
    "hu": ("Jó reggelt, hogy aludtál?", "Holnap vendégek jönnek ebédre."),
    "ro": ("Bună ziua, aș vrea o cafea cu lapte.", "Copiii s-au dus la școală."),
    "cs": ("Dobrý den, kolik to stojí?", "Včera večer dlouho pršelo."),
}
"""Language of espeak-ng to everyday sentences."""
CHAT = (
    "did you hear that Martha is moving to Portugal next year",
    "I told him twice but he never listens to me",
    "the soup needs a bit more salt if you ask me",
    "my back has been killing me since the weekend",
    "we were stuck in traffic for almost two hours",
    "she said the meeting went better than expected",
    "honestly I think the second season was much better",
    "the neighbours got a puppy and it barks all night",
    "remember when we used to walk to school together",
    "he's been working from home since the spring",
    "I can't believe how expensive tomatoes have become",
    "they painted the kitchen a kind of greenish blue",
    "it was so windy that the fence fell over",
    "our flight got delayed because of the fog",
    "grandma used to bake those with almonds and honey",
    "the doctor said it's nothing to worry about",
    "you should have seen his face when she walked in",
    "we haven't decided about the summer holidays yet",
    "the kids fell asleep in the car on the way back",
    "apparently the bakery on the corner is closing down",
    "I always get lost in that part of the town",
    "the film was fine but the book was better",
    "he plays the cello in a small orchestra",
    "there's a new teacher at the school this year",
    "my cousin got married in a barn last autumn",
    "it takes me forty minutes by bike on a good day",
    "the cat sleeps on the radiator all winter long",
    "nobody told me that the shop would be shut",
    "what a lovely garden they have behind that house",
    "the tickets were sold out within a few minutes",
    "and then the waiter brought us the wrong soup",
    "that's what I said but they went ahead anyway",
    "the bus was full so we walked along the river",
    "his brother repairs old clocks for a living",
    "I've never been any good at remembering birthdays",
    "the rain ruined our picnic but we laughed a lot",
    "they say the winter will be a mild one this year",
    "she has three sisters and they all sing beautifully",
    "we had to wait ages for the plumber to turn up",
    "it smells like somebody is burning leaves outside",
)
"""What people say to one another; no line is a command for a computer."""
_ONSETS = (
    "b",
    "d",
    "f",
    "g",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
    "ch",
    "sh",
    "st",
    "tr",
    "bl",
    "gr",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ee", "oo", "ou")
_ENDS = ("", "", "n", "l", "r", "s", "k", "m", "t", "sh", "nd")


def nonsense(rng: random.Random) -> str:
    """A sentence of words that are none."""
    return " ".join(
        "".join(
            rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_ENDS) for _ in range(rng.randint(1, 3))
        )
        for _ in range(rng.randint(3, 9))
    )
