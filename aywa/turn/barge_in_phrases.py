"""What people say to keep a conversation going, and what they say to stop it, in seven languages.

The English sets hold the ones of the compatible API's stop-speaking plan and what telephone callers say
besides. Apostrophes, hyphens and case do not matter, and neither does how long a sound is drawn out.
"""

from __future__ import annotations

_ACKNOWLEDGED = {
    "en": (
        "i understand, i see, i got it, i hear you, i'm listening, i'm with you, right, okay, ok, sure,"
        " alright, all right, got it, understood, yeah, yep, yup, yes, uh-huh, mm-hmm, gotcha, mhmm, mhm, ah,"
        " yeah okay, yeah sure, aha, of course, i know, that's right, fine, go on"
    ),
    "es": (
        "sí, ya, ya veo, claro, claro que sí, vale, bueno, bien, de acuerdo, entiendo, entendido, ajá, okey,"
        " exacto, perfecto, muy bien, cierto, correcto, por supuesto, le escucho, te escucho, comprendo"
    ),
    "fr": (
        "oui, ouais, hum, hum hum, d'accord, bien, très bien, bien sûr, je vois, je comprends, compris,"
        " entendu, exact, exactement, tout à fait, ok, okay, ça marche, je vous écoute, voilà, parfait,"
        " mouais"
    ),
    "it": (
        "sì, va bene, bene, certo, capisco, ho capito, capito, d'accordo, esatto, okay, ok, perfetto, giusto,"
        " certamente, la ascolto, ti ascolto, già, eh già"
    ),
    "de": (
        "ja, jaja, genau, okay, ok, gut, sehr gut, alles klar, klar, verstehe, ich verstehe, verstanden, aha,"
        " richtig, stimmt, in ordnung, natürlich, ach so, sicher, ich höre, jawohl"
    ),
    "ru": (
        "да, ага, угу, так, хорошо, понятно, понял, поняла, ясно, ладно, конечно, окей, верно, правильно,"
        " я понимаю, понимаю, слушаю, я слушаю, точно, ну да, мгм"
    ),
    "pt": (
        "sim, tá, tá bom, está bem, tudo bem, certo, claro, entendo, entendi, ok, okay, pois, pois é, beleza,"
        " exato, perfeito, com certeza, compreendo, estou ouvindo, aham, uhum, ahã"
    ),
}

_INTERRUPTED = {
    "en": (
        "stop, shut, up, enough, quiet, silence, but, don't, not, no, hold, wait, cut, pause, nope, nah,"
        " nevermind, never, bad, actually"
    ),
    "es": (
        "para, pare, basta, espera, espere, un momento, silencio, cállate, cállese, pero, no, nunca, alto,"
        " disculpa, disculpe, perdón, de hecho, en realidad, mejor"
    ),
    "fr": (
        "stop, arrête, arrêtez, attends, attendez, un instant, assez, silence, taisez-vous, mais, non, pas,"
        " jamais, pardon, excusez-moi, en fait, plutôt, pause"
    ),
    "it": (
        "basta, ferma, fermati, si fermi, aspetta, aspetti, un momento, un attimo, silenzio, zitto, ma, però,"
        " no, non, mai, scusi, scusa, in realtà, piuttosto, stop"
    ),
    "de": (
        "stopp, stop, halt, warte, warten sie, moment, einen moment, genug, ruhe, still, aber, nein, nicht,"
        " nie, entschuldigung, eigentlich, doch, lieber, pause, schluss, nee"
    ),
    "ru": (
        "стоп, стой, стойте, подожди, подождите, погоди, погодите, минутку, хватит, тихо, молчи, но, нет, не,"
        " никогда, извините, простите, на самом деле, вообще-то, пауза, достаточно"
    ),
    "pt": (
        "para, pare, espera, espere, um momento, chega, basta, silêncio, mas, não, nunca, desculpa, desculpe,"
        " com licença, na verdade, aliás, melhor, calma"
    ),
}

LANGUAGES = tuple(_ACKNOWLEDGED)


def acknowledgements(language: str) -> tuple[str, ...]:
    """The phrases of one of `LANGUAGES`. Raises KeyError."""
    return _split(_ACKNOWLEDGED[language])


def interruptions(language: str) -> tuple[str, ...]:
    """The phrases of one of `LANGUAGES`. Raises KeyError."""
    return _split(_INTERRUPTED[language])


def _split(phrases: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in phrases.split(","))


# Which language a caller speaks is not always known, and none of these means the opposite in another one.
ACKNOWLEDGEMENTS = tuple(dict.fromkeys(phrase for name in LANGUAGES for phrase in acknowledgements(name)))
INTERRUPTIONS = tuple(dict.fromkeys(phrase for name in LANGUAGES for phrase in interruptions(name)))
