"""Words that end in a dot without ending a sentence, by language; written in lower case, without that dot.

`never` are followed by something that belongs to them ("Dr. Smith"). `perhaps` stand in the middle or at the
end ("and so on etc."): what comes next decides. `before_numbers` are abbreviations only there ("No. 5").
Words that are also whole words of the language are left out of `never`: a sentence that is not split costs
nothing, one split behind its title is heard.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Those of one language."""

    never: frozenset[str]
    perhaps: frozenset[str]
    before_numbers: frozenset[str]
    endings: tuple[str, ...] = ()  # of words that are like those of `never`


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(never: str, perhaps: str, before_numbers: str, *endings: str) -> Abbreviations:
    return Abbreviations(_words(never) | _EVERYWHERE, _words(perhaps), _words(before_numbers), endings)


_EVERYWHERE = frozenset(["dr", "prof", "st", "vs", "mr", "mrs", "ms"])
_TABLES = {
    "en": _table(
        "rev gen sgt capt lt col maj cmdr adm hon jr sr e.g i.e cf dept viz ave blvd rd"
        " jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri",
        "a.m p.m am pm etc inc ltd co corp approx est min max hr hrs al",
        "no nos fig vol ext tel approx p pp ch sec art",
    ),
    "de": _table(
        "hr fr frl bzw z.b d.h ca evtl ggf inkl exkl zzgl abzgl str dipl ing bsp i.d.r z.t v.a m.e z.hd"
        " jan feb apr jun jul aug sept okt nov dez geb verh jr sen sog u.u vgl mio mrd",
        "usw etc u.a u.ä o.ä mind max std min tägl co nachm vorm z.zt v.chr n.chr",
        "nr tel abs art s bd kap ziff hausnr",
        "str",
    ),
    "es": _table(
        "sr sra srta sres dra d dña ud uds vd vds av avda pza p.ej ej lic ing arq gral sto sta"
        " ene feb abr jun jul ago sept oct nov dic",
        "etc ee.uu a.m p.m s.a c.v a.c d.c aprox máx mín",
        "núm no tel pág art c cap ext",
    ),
    "fr": _table(
        "m mm mme mlle mmes me ste bd av p.ex c.-à-d cf env ex éd janv févr avr juil sept oct nov déc",
        "etc s.a max min av.j.-c",
        "n no nos tél p art chap fig",
    ),
    "it": _table(
        "sig sig.ra sig.na sigg dott dott.ssa prof.ssa ing avv geom rag p.es v.le p.za c.so l.go s.p.a"
        " genn febb giu lug ago sett ott nov dic egr gent spett",
        "ecc a.c d.c s.r.l ca max min",
        "n nr tel pag art cap int",
    ),
    "pt": _table(
        "sr sra srs dra exmo exma eng av r p.ex lda jan fev abr jun jul ago set out nov dez",
        "etc ltda s.a aprox máx mín",
        "n nº núm tel pág art cap",
    ),
    "nl": _table(
        "dhr mevr mw bijv d.w.z o.a m.b.t i.v.m t.a.v t/m ca incl excl drs ir jan feb mrt apr jun jul aug"
        " sept okt nov dec",
        "enz etc e.d max min",
        "nr tel blz art",
    ),
    "pl": _table(
        "ul al np tzn tj mgr inż św os pl woj płk gen ks", "itd itp r w zł gr godz min", "nr tel str pkt"
    ),
    "ru": _table(
        "ул д кв корп просп пер пл обл т.е т.к и.о им гр г р-н наб пр-т янв февр апр авг сент окт нояб дек",
        "т.д т.п др пр руб коп тыс млн млрд мин сек ч",
        "стр тел рис п ст гл доб",
    ),
    "sv": _table(
        "t.ex bl.a f.d ca dvs inkl exkl kl jan feb apr jun jul aug sept okt nov dec",
        "osv m.m etc",
        "nr tel s",
    ),
    "tr": _table("sk cad mah örn bkz alb", "vb vs", "no nr tel"),
}
_NAMES_OF_DAYS_AND_MONTHS = _words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august september october november december montag dienstag mittwoch donnerstag freitag "
    "samstag sonntag januar februar märz mai juni juli oktober dezember"
)
# A word with a capital that begins sentences far more often than it is a part of a name.
_BEGINNERS = _words(
    "the a an we i you he she it they this that these those our your my his her its their is are was "
    "were do does did can could will would shall should may please thank thanks sorry yes no there "
    "here if when what where who how why which but and so now then not der die das wir ich sie es er "
    "ein eine ist sind haben können bitte danke el la los las un una es son está nosotros le les nous "
    "vous il elle je un il lo gli noi è он она мы вы это я вам ваш наш"
)


def abbreviations(language: str) -> Abbreviations:
    """Of a language by its tag ("de", "de-AT"); English for one without a table."""
    return _TABLES.get(language.partition("-")[0].lower(), _TABLES["en"])


def names_a_date(word: str) -> bool:
    """Whether a word with a capital is a day or a month: "at 7 a.m. Monday" goes on."""
    return word.lower() in _NAMES_OF_DAYS_AND_MONTHS


def begins_sentences(word: str) -> bool:
    """Whether a word with a capital looks like the first one of a sentence, not like a part of a name."""
    return word.lower() in _BEGINNERS
