"""Italian."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="it",
    words={
        Kind.ANSWER: """
            no certo esatto esattamente grazie pronto ciao buongiorno buonasera arrivederci perfetto ok okay
        """,
        Kind.CLOSER: """
            oggi domani ieri qui qua li la dopo tardi niente nulla qualcosa qualcuno nessuno lei loro tutto
            tutti piacere favore momento subito
        """,
        Kind.ARTICLE: """
            il lo la i gli le l un del dello della dei degli delle al allo alla ai agli alle dal dallo dalla
            dai dagli dalle nel nello nella nei negli nelle sul sullo sulla sui sugli sulle col miei mie tuoi
            tue suoi sue nostri nostre vostro vostra quel quei quegli ogni qualche qualsiasi nessun nessuna
            dell all dall nell sull quest quell
        """,
        Kind.DETERMINER: """
            questo questa questi queste quello quella quelli quelle altro altra altri altre uno una tutto
            tutta tutti tutte nessuno alcuni alcune ognuno proprio propria mio mia suo sua tuo tua nostro
            nostra
        """,
        Kind.PREPOSITION: """
            di a da in con su per tra fra senza verso durante dopo prima sotto sopra contro presso d seguito
            seguita seguiti
        """,
        Kind.CONJUNCTION: """
            e ed o oppure ma perche che se quando dove chi cui quale anche mentre quindi allora poi come ne
            pero cosi quanto
        """,
        Kind.AUXILIARY: """
            e sono era erano sei siamo siete essere stato ha ho hai hanno abbiamo avete aveva avere sara
            saranno va vado vanno puo posso possono possiamo potrei deve devo devi vuole voglio vorrei c non
            si mi ti ci vi ne lo li gli sta sto stanno stai stata desidera desideri bisogna
        """,
        Kind.SUBJECT: "io tu lui lei noi voi loro egli",
        Kind.ADVERB: "adesso ora gia ancora sempre mai anche attualmente forse esattamente",
        Kind.DEGREE: """
            molto piu meno tanto troppo solo soltanto quasi circa proprio davvero abbastanza
        """,
        Kind.MODIFIER: """
            primo prima secondo seconda terzo ultimo ultima ultimi ultime prossimo prossima nuovo nuova nuovi
            nuove stesso stessa grande buon buona bel bella vecchio seguente seguenti nostro glorioso altro
            temporaneo numerico
        """,
        Kind.TAKES_OBJECT: """
            digitare premere inserire selezionare scegliere comporre prema digiti inserisca scelga lasciare
            lasciate lasci dica mi prego cerco cercare voglio chiamo chiamare fare avere vedere sapere dire
            dare mettere cambiare annullare prenotare ordinare comprare pagare inviare ricevere ascoltare
            mandare registrare premi digita inserisci immettere desideri desidera contatti
        """,
        Kind.HESITATION: "eh ehm mmm uhm boh beh ecco allora mm ah hmm",
        Kind.ASK: "che chi dove quando come quale quanto quanta quanti perche",
        Kind.NUMBER: """
            zero uno un due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici
            quindici sedici diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta
            ottanta novanta cento mille milione
        """,
        Kind.CUE: "numero interno codice pin",
    },
    open_ends=(
        "mi chiamo",
        "il mio nome e",
        "vorrei",
        "cioe",
        "un attimo",
        "un momento",
        "voglio dire",
        "per esempio",
        "c e",
        "tasto",
        "seguito da",
        "seguito dal",
        "fa parte",
        "in modo",
        "ho bisogno",
        "a meno",
        "prego",
        "in grado",
        "a che ora",
        "che ora",
        "e ora",
        "e al momento",
        "non si",
        "e non so",
        "ma non so",
        "di",
    ),
    closed_ends=(
        "o meno",
        "o no",
        "se possibile",
        "come sempre",
        "per favore",
        "per piacere",
        "va bene",
        "e tutto",
        "non lo so",
        "non so",
        "d accordo",
        "grazie mille",
        "anch io",
        "si certo",
        "di niente",
        "di nuovo",
        "piu tardi",
        "con me",
        "per me",
        "a me",
        "non ancora",
        "eccolo",
        "con lei",
        "per lei",
        "nient altro",
        "ora",
        "basta cosi",
        "va bene cosi",
        "di piu",
        "ancora",
        "in attesa",
        "lo so",
        "che ora e",
        "che ore sono",
        "prima",
        "dopo",
    ),
    subordinators="se quando per perche mentre come al prima dopo",
    verb_endings=("ato", "uto", "ito", "ata", "ati", "ando", "endo", "era", "ranno"),
    infinitive_endings=("are", "ere", "ire", "arlo", "arla", "arsi"),
    modifier_endings=(),
    exact={
        Kind.ANSWER: "sì",
        Kind.CLOSER: "là lì",
        Kind.AUXILIARY: "è",
        Kind.CONJUNCTION: "né",
    },
    negations="non",
    adverb_endings=("mente",),
    split_apostrophe=True,
)
