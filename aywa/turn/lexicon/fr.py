"""French."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="fr",
    words={
        Kind.ANSWER: """
            oui non ouais si merci bonjour bonsoir allo exactement parfait absolument bof ok okay voila
            daccord
        """,
        Kind.CLOSER: """
            demain hier aujourd'hui hui ici moi toi lui eux elle rien ca cela personne tard tot nouveau
            ensemble bientot
        """,
        Kind.ARTICLE: """
            le la les l un des du au aux mon ma mes ton ta tes son sa ses nos vos leur leurs ce cet cette ces
            chaque quelques quel quelle quels quelles d
        """,
        Kind.DETERMINER: """
            autre autres tout toute tous toutes une certains certaines plusieurs aucun aucune chacun chacune
            notre votre meme memes
        """,
        Kind.PREPOSITION: """
            de a en avec sans pour par dans sur sous chez vers entre depuis pendant avant apres contre selon
            jusqu jusque des comme concernant suivi suivie suivis
        """,
        Kind.CONJUNCTION: """
            et ou mais donc or ni car que qu qui quand si lorsque lorsqu puisque parce dont comme comment
            pourquoi alors puis quoi
        """,
        Kind.AUXILIARY: """
            est sont etait etaient suis es sommes etes etre ete a ai as ont avons avez avait avoir sera seront
            serait va vais vont allez allons peut peux peuvent pouvez pouvons doit dois devez faut veux veut
            voudrais voulez n ne c j m t s y se me te nous vous on il ils je tu n'est c'est j'ai pas plus
            desirez souhaitez souhaite aimerais
        """,
        Kind.SUBJECT: "je j tu il elle on nous vous ils elles",
        Kind.ADVERB: """
            maintenant deja encore toujours actuellement presentement exactement aussi jamais souvent
            temporairement
        """,
        Kind.DEGREE: """
            tres plus moins si trop assez bien presque seulement vraiment peut environ juste
        """,
        Kind.MODIFIER: """
            premier premiere second deuxieme dernier derniere derniers dernieres prochain prochaine nouveau
            nouvelle nouveaux nouvel bon bonne grand grande petit petite meme autre mauvais trois
        """,
        Kind.TAKES_OBJECT: """
            appuyez composez entrez veuillez choisissez faites laissez dites donnez tapez selectionnez voulez
            cherche recherche appelle appelez rappelez recomposez prenez mettez voudrais composer appuyer
            entrer laisser faire prendre avoir changer annuler reserver commander acheter payer envoyer
            recevoir ecouter savoir dire donner voir enregistrer indiquez ecoutez
        """,
        Kind.HESITATION: "euh heu ben bah hein hum hmm mmm eh ah",
        Kind.ASK: "quoi comment pourquoi combien quand ou qui",
        Kind.NUMBER: """
            zero un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
            vingt trente quarante cinquante soixante septante huitante nonante cent mille million
        """,
        Kind.CUE: "numero poste code",
    },
    open_ends=(
        "est ce que",
        "j aimerais",
        "je voudrais",
        "il faut",
        "c est",
        "parce que",
        "un instant",
        "une seconde",
        "attendez",
        "je veux dire",
        "je m appelle",
        "mon nom est",
        "c est a dire",
        "il y a",
        "en fait",
        "du coup",
        "suivi du",
        "suivi de",
        "mot de",
        "rendez",
        "y a",
        "d abord",
        "afin de",
        "au moins",
        "veuillez",
        "est pas",
        "ai pas",
        "as pas",
        "a pas",
        "avons pas",
        "avez pas",
        "ont pas",
        "suis pas",
        "sont pas",
        "etes pas",
        "sommes pas",
        "peut pas",
        "peux pas",
        "pouvez pas",
        "pouvons pas",
        "doit pas",
        "dois pas",
        "devez pas",
        "veux pas",
        "veut pas",
        "voulez pas",
        "n y a pas",
        "a pas encore",
        "est pas encore",
        "s il vous",
        "s il te",
        "que vous",
        "si vous",
        "quand vous",
        "souhaitez vous",
        "voulez vous",
        "pouvez vous",
        "desirez vous",
        "avez vous",
        "etes vous",
        "dont vous",
        "tel",
        "tel que",
        "en mesure",
    ),
    closed_ends=(
        "ou non",
        "quand meme",
        "si possible",
        "vous desirez",
        "vous voulez",
        "vous souhaitez",
        "s il vous plait",
        "s il te plait",
        "c est tout",
        "c est ca",
        "d accord",
        "je ne sais pas",
        "je sais pas",
        "merci beaucoup",
        "au revoir",
        "pas du tout",
        "bien sur",
        "moi aussi",
        "pas encore",
        "c est bon",
        "ca va",
        "a vous",
        "a moi",
        "pour moi",
        "de rien",
        "pas",
        "plus tard",
        "de nouveau",
        "a nouveau",
        "pour l instant",
        "pour vous",
        "avec vous",
        "avec moi",
        "de vous",
        "vous",
        "non plus",
        "rendez vous",
        "je le veux",
        "en cours",
        "c est moi",
        "je ne veux pas",
        "je ne peux pas",
        "il n y en a pas",
        "je n en ai pas",
        "ce n est pas ca",
    ),
    subordinators="si pour quand lorsque lorsqu parce comme afin pendant avant apres au",
    verb_endings=("ez", "ons", "ent", "era", "ront", "ait"),
    infinitive_endings=("er", "ir", "re"),
    modifier_endings=(),
    exact={Kind.CLOSER: "là", Kind.PREPOSITION: "à", Kind.AUXILIARY: "a", Kind.CONJUNCTION: "où"},
    negations="non",
    adverb_endings=("ment",),
    split_apostrophe=True,
)
