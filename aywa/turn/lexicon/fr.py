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
            maintenant demain hier aujourd'hui hui ici moi toi lui eux elle rien ca cela personne tard tot
            nouveau ensemble bientot toujours
        """,
        Kind.ARTICLE: """
            le la les l un une des du au aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs
            ce cet cette ces chaque quelques plusieurs aucun aucune tout toute toutes tous quel quelle quels
            quelles d certains certaines autre autres
        """,
        Kind.PREPOSITION: """
            de a en avec sans pour par dans sur sous chez vers entre depuis pendant avant apres contre selon
            jusqu jusque des comme concernant
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
        Kind.DEGREE: """
            tres plus moins aussi si trop assez bien presque seulement actuellement presentement encore deja
            vraiment peut environ exactement juste
        """,
        Kind.MODIFIER: """
            premier premiere second deuxieme dernier derniere derniers dernieres prochain prochaine nouveau
            nouvelle nouveaux nouvel bon bonne grand grande petit petite meme autre mauvais trois
        """,
        Kind.TAKES_OBJECT: """
            appuyez composez entrez veuillez choisissez faites laissez dites donnez tapez selectionnez voulez
            cherche recherche appelle appelez rappelez recomposez prenez mettez attend voudrais composer
            appuyer entrer laisser faire prendre avoir changer annuler reserver commander acheter payer
            envoyer recevoir ecouter parler savoir dire donner voir quitter enregistrer indiquez ecoutez
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
    ),
    closed_ends=(
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
        "mot de passe",
        "en ligne",
        "en attente",
        "vous",
        "non plus",
        "rendez vous",
        "je le veux",
        "en cours",
        "c est moi",
    ),
    subordinators="si pour quand lorsque lorsqu parce comme afin pendant avant apres au",
    verb_endings=("ez", "ons", "ent", "era", "ront", "ait"),
    infinitive_endings=("er", "ir", "re"),
    modifier_endings=(),
    exact_closers="là",
    split_apostrophe=True,
)
