"""That it is no human who speaks: the sentence, where it stands, and whether somebody has said it himself.

One short sentence behind the first of a greeting, where callers of a company's line expect to hear who they
are talking to: "Hello, this is the Grand Hotel. I am an AI assistant. How can I help you?"
"""

from __future__ import annotations

from dataclasses import replace

from aywa.turn.chunker import whole_text
from aywa.turn.speaking_settings import ChunkSettings
from aywa.turn.words import PhraseSet, heard_words

AI_SENTENCES = {
    "en": "I am an AI assistant.",
    "de": "Ich bin ein KI-Assistent.",
    "es": "Soy un asistente de inteligencia artificial.",
    "fr": "Je suis un assistant d'intelligence artificielle.",
    "it": "Sono un assistente di intelligenza artificiale.",
    "pt": "Sou um assistente de inteligência artificial.",
    "ru": "Я голосовой помощник с искусственным интеллектом.",
    "nl": "Ik ben een AI-assistent.",
    "pl": "Jestem asystentem AI.",
    "sv": "Jag är en AI-assistent.",
    "tr": "Ben bir yapay zeka asistanıyım.",
}
# Said in any language, none of these means anything else.
_ANYWHERE = (
    "artificial intelligence, ai assistant, ai agent, ai receptionist, virtual assistant, digital assistant,"
    " automated assistant, voice assistant, chatbot, voicebot, voice bot, robot, an ai, an automated,"
    " automated system, virtual agent, virtual receptionist, automated voice, computer voice, machine,"
    " künstliche intelligenz, künstlichen intelligenz, ki-assistent, ki-assistentin, sprachassistent,"
    " sprachassistentin, virtueller assistent, virtuelle assistentin, digitaler assistent,"
    " digitale assistentin, automatischer assistent, computerstimme, telefonassistent, telefonassistentin,"
    " roboter, sprachcomputer, eine ki,"
    " inteligencia artificial, asistente virtual, asistente digital, asistente automático, asistente de ia,"
    " asistente ia, agente virtual,"
    " intelligence artificielle, assistant virtuel, assistante virtuelle, assistant vocal, assistante vocale,"
    " assistant ia, agent virtuel, une ia, assistant numérique,"
    " intelligenza artificiale, assistente virtuale, assistente vocale, assistente digitale, assistente ai,"
    " inteligência artificial, assistente virtual, assistente digital, assistente de ia, assistente de voz,"
    " atendente virtual, robô, uma ia,"
    " искусственный интеллект, искусственным интеллектом, искусственного интеллекта, виртуальный ассистент,"
    " виртуальный помощник, голосовой помощник, голосовой ассистент, робот, нейросеть,"
    " ai-assistent, virtuele assistent, kunstmatige intelligentie, sztuczna inteligencja, sztuczną"
    " inteligencją, asystentem ai, wirtualny asystent, wirtualną asystentką,"
    " artificiell intelligens, virtuell assistent,"
    " yapay zeka, sanal asistan"
)
# Short names that are other words elsewhere: Italian "ai" is "to the".
_SHORT = {
    "en": ("ai", "bot"),
    "de": ("ki", "bot"),
    "es": ("ia",),
    "fr": ("ia",),
    "pt": ("ia",),
    "nl": ("ai",),
}
_SAYS = PhraseSet(phrase.strip() for phrase in _ANYWHERE.split(","))


def ai_sentence(language: str) -> str:
    """The sentence in the language of a tag such as `de-AT`; in English for others."""
    return AI_SENTENCES.get(_base(language), AI_SENTENCES["en"])


def says_ai(text: str, language: str = "en") -> bool:
    """Whether a text says by itself that it is no human who speaks."""
    # With and without what is elided before a vowel: "l'assistente", "d'intelligence", "hotel's".
    words = (*heard_words(text), *heard_words(text.replace("’", " ").replace("'", " ")))
    short = _SHORT.get(_base(language), ())
    return bool(_SAYS.found(words)) or any(word in short for word in words)


def disclosed(text: str, sentence: str, language: str = "en") -> str:
    """A greeting with `sentence` behind its first sentence, or before it where it has one only.

    Unchanged where it says so itself, and where it holds the very sentence.
    """
    if not sentence or says_ai(text, language) or _holds(text, sentence):
        return text
    whole = replace(ChunkSettings(), clause_chars=1_000, first_longest_chars=1_000, longest_chars=1_000)
    sentences = whole_text(text, whole, language)
    first = sentences[0].strip() if sentences else ""
    if len(sentences) < 2 or first[-1:] not in ".!。！…":
        return f"{sentence} {text.strip()}".strip()
    return " ".join((first, sentence, *(part.strip() for part in sentences[1:])))


def _holds(text: str, sentence: str) -> bool:
    words, part = heard_words(text), heard_words(sentence)
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
