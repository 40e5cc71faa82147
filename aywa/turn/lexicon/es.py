"""Spanish."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="es",
    words={
        Kind.ANSWER: """
            no vale claro bueno gracias hola adios exacto correcto perfecto ok okay exactamente dale
        """,
        Kind.CLOSER: """
            hoy manana aqui ahi alli alla nuevo tarde luego nada algo alguien nadie todo todos usted ustedes
            tampoco momento favor
        """,
        Kind.ARTICLE: """
            el la los las un una mi mis tu tus su sus nuestro nuestra nuestros nuestras cada algun ningun
            cualquier al del lo dicho dicha
        """,
        Kind.DETERMINER: """
            este esta estos estas ese esa esos esas aquel aquella otro otra otros otras alguno alguna algunos
            algunas ninguno ninguna uno unos unas todo toda todas cualquiera varios varias
        """,
        Kind.PREPOSITION: """
            de a en con sin por para desde hasta hacia entre sobre segun contra durante mediante tras bajo
            ante como seguido seguida seguidos
        """,
        Kind.CONJUNCTION: """
            y e o u pero porque que si cuando donde quien cual cuyo aunque mientras ni sino pues entonces
            cuanto quienes
        """,
        Kind.AUXILIARY: """
            es son era eran esta estan estoy estamos soy somos ser estar sido ha han he hemos haber hay habia
            fue fueron sera seran va van voy vamos puede pueden puedo podria podemos debe deben debo tiene
            tienen tengo tenemos quiero quiere queria quisiera desea necesito necesita me te se nos le les os
            esta estara pudo estas muy no
        """,
        Kind.SUBJECT: "yo el ella ellos ellas nosotros tu",
        Kind.ADVERB: "ahora ya siempre nunca aun todavia tambien actualmente quizas temporalmente",
        Kind.DEGREE: """
            muy mas menos tan tanto solo solamente casi bastante demasiado aproximadamente realmente tal
        """,
        Kind.MODIFIER: """
            primer primera segundo segunda tercer ultimo ultima ultimos ultimas proximo proxima nuevo nueva
            nuevos nuevas mismo misma gran buen mal siguiente siguientes primeras varios varias muchos muchas
            mejor mayor unico otro
        """,
        Kind.TAKES_OBJECT: """
            ingrese presione marque oprima pulse seleccione escoja elija introduzca diga deje indique entre
            llame haga digame dame deme ponga busco buscando llamo llamando quisiera gustaria marcar presionar
            ingresar tener hacer ver saber decir dar poner cambiar cancelar reservar pedir comprar pagar
            enviar recibir escuchar llamar oprimir pulsar cambie visite contacte solicite ingreso tengo
        """,
        Kind.HESITATION: """
            eh em mmm pues eeh ehm mm ah hmm
        """,
        Kind.ASK: "que quien donde cuando como cual cuanto cuanta cuantos cuantas",
        Kind.NUMBER: """
            cero uno un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince
            dieciseis diecisiete dieciocho diecinueve veinte treinta cuarenta cincuenta sesenta setenta
            ochenta noventa cien ciento doscientos mil millon
        """,
        Kind.CUE: "numero extension codigo clave contrasena",
    },
    open_ends=(
        "me gustaria",
        "tengo que",
        "es que",
        "o sea",
        "a ver",
        "un momento",
        "quiero decir",
        "mi nombre es",
        "me llamo",
        "por ejemplo",
        "asi que",
        "la tecla de",
        "seguido por",
        "por favor ingrese",
        "lo que",
        "de la",
        "el de",
        "pero no se",
        "y no se",
        "que no se",
        "si no se",
        "para mas",
        "hay mas",
        "no hay mas",
        "quien",
        "ya no",
        "todavia no",
        "eso es lo",
        "no eso",
        "no eso es",
    ),
    closed_ends=(
        "o no",
        "si no",
        "por usted",
        "de eso",
        "lo que desea",
        "que desea",
        "por favor",
        "eso es",
        "eso es todo",
        "nada mas",
        "de nada",
        "asi es",
        "de acuerdo",
        "muchas gracias",
        "ya esta",
        "no se",
        "no lo se",
        "yo no",
        "claro que si",
        "creo que si",
        "creo que no",
        "claro que no",
        "aqui esta",
        "asi",
        "de nuevo",
        "mas tarde",
        "para mi",
        "conmigo",
        "con usted",
        "para usted",
        "no esta",
        "aqui esta",
        "ya esta",
        "como esta",
        "donde esta",
        "eso esta",
        "no mas",
        "un poco mas",
        "algo mas",
        "alguien mas",
        "nadie mas",
        "uno mas",
        "una vez mas",
        "que mas",
        "si",
    ),
    subordinators="si cuando para porque aunque mientras como al antes despues",
    verb_endings=("ando", "iendo", "ado", "ido", "ada", "ida", "aron", "ieron", "ara", "era", "aran"),
    infinitive_endings=("ar", "er", "ir", "arlo", "arla"),
    modifier_endings=(),
    exact={
        Kind.ANSWER: "sí",
        Kind.CLOSER: "mí él allá ahí allí aquí así",
        Kind.AUXILIARY: "está sé estás",
    },
    negations="no",
    adverb_endings=("mente",),
)
