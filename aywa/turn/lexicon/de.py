"""German."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="de",
    words={
        Kind.ANSWER: """
            ja nein doch genau richtig stimmt danke hallo tschuss okay ok klar gut sicher naturlich jawohl
            gerne
        """,
        Kind.CLOSER: """
            heute morgen gestern hier da dort bitte spater wieder nichts etwas alles niemand jemand mich dich
            ihm uns euch ihnen mir dir zuruck weg
        """,
        Kind.ARTICLE: """
            der die das den dem des ein einen einem mein meine meinen meinem meiner meines dein deine deinen
            ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner unser unsere unseren unserem euer eure
            kein keinen keinem welchen am im zum zur vom beim ins ans
        """,
        Kind.DETERMINER: """
            dieser diese dieses diesen diesem jeder jede jedes jeden jedem keiner keine beide alle einige
            mehrere manche welche welcher welches einer eines eine
        """,
        Kind.PREPOSITION: """
            von mit zu bei nach aus auf in an fur uber unter vor hinter neben zwischen durch gegen ohne um bis
            seit wahrend wegen trotz als wie per ab
        """,
        Kind.CONJUNCTION: """
            und oder aber weil dass das wenn ob damit obwohl denn sondern da falls bevor nachdem wer wo also
            sowie sobald
        """,
        Kind.AUXILIARY: """
            ist sind war waren bin bist seid sein gewesen hat habe haben hatte hatten werde wird werden wurde
            wurden kann konnen konnte muss mussen soll sollen sollte will wollen mochte mochten darf durfen
            nicht gibt es sich wollte
        """,
        Kind.SUBJECT: "ich du er sie es wir man",
        Kind.ADVERB: "jetzt noch schon immer nie auch vielleicht gerade derzeit",
        Kind.DEGREE: """
            sehr mehr weniger nur so zu ganz fast etwa ungefahr eigentlich sogar
        """,
        Kind.MODIFIER: """
            erste ersten erster zweite zweiten nachste nachsten nachster letzte letzten neue neuen neuer neues
            andere anderen anderer gleiche gleichen guten guter gute grosse grossen kleine kleinen falsche
        """,
        Kind.TAKES_OBJECT: """
            drucken geben wahlen sagen nennen brauche suche habe hatte mochte nehme nehmen rufe rufen heisse
            heiße buche schicke hinterlassen buchstabiere lautet
        """,
        Kind.HESITATION: "ah ahm hm hmm eh ehm tja naja mm also halt ohm",
        Kind.ASK: "was wer wo wann warum wie welche welcher wieviel wohin woher",
        Kind.NUMBER: """
            null eins ein zwei zwo drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn
            funfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreissig vierzig funfzig sechzig siebzig
            achtzig neunzig hundert tausend million
        """,
        Kind.CUE: "nummer rufnummer code kennwort pin durchwahl",
    },
    open_ends=(
        "ich mochte",
        "ich hatte gern",
        "ich hatte gerne",
        "ich heisse",
        "mein name ist",
        "das heisst",
        "einen moment",
        "einen augenblick",
        "eine sekunde",
        "moment",
        "zum beispiel",
        "und zwar",
        "ich glaube",
        "ich meine",
        "es gibt",
        "geht um",
        "gefolgt von",
    ),
    closed_ends=(
        "bitte",
        "oder nicht",
        "wenn moglich",
        "das ist alles",
        "das wars",
        "das war es",
        "das war s",
        "weiss ich nicht",
        "weiss nicht",
        "ich weiss es nicht",
        "auf wiederhoren",
        "auf wiedersehen",
        "vielen dank",
        "danke schon",
        "noch nicht",
        "so ist es",
        "ich auch",
        "nicht mehr",
        "fur mich",
        "mit mir",
        "bei mir",
        "fur sie",
        "zu mir",
        "ich nicht",
        "alles klar",
        "noch einmal",
        "noch mal",
        "nochmal",
        "passt so",
        "ist es",
        "bin ich",
        "das ist es",
        "in ordnung",
        "geht nicht",
        "bitte sehr",
        "geht das",
        "ist das",
        "habe ich",
        "haben sie",
        "kann ich",
        "tut mir leid",
        "zuruck an",
        "rufen an",
        "nicht an",
        "sie auf",
        "sie zu",
        "sie an",
        "sie mit",
        "mich an",
        "rechnung an",
        "war alles",
        "stimmt",
    ),
    subordinators="wenn weil dass ob damit obwohl falls bevor nachdem um sobald als",
    verb_endings=("en", "st", "tet"),
    infinitive_endings=(),
    modifier_endings=("ischen", "lichen", "igen", "ische", "liche", "ige"),
)
