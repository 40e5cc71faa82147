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
            ahora hoy manana aqui ahi alli alla nuevo tarde luego nada algo alguien nadie todo todos usted
            ustedes tambien tampoco ya momento favor
        """,
        Kind.ARTICLE: """
            el la los las un una unos unas mi mis tu tus su sus nuestro nuestra nuestros nuestras este esta
            estos estas ese esa esos esas aquel aquella cada algun alguna algunos algunas ningun ninguna
            cualquier otro otra otros otras al del lo dicho dicha
        """,
        Kind.PREPOSITION: """
            de a en con sin por para desde hasta hacia entre sobre segun contra durante mediante tras bajo
            ante como
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
        Kind.DEGREE: """
            muy mas menos tan tanto solo solamente casi tambien siempre nunca aun todavia actualmente bastante
            demasiado aproximadamente realmente quizas tal
        """,
        Kind.MODIFIER: """
            primer primera segundo segunda tercer ultimo ultima ultimos ultimas proximo proxima nuevo nueva
            nuevos nuevas mismo misma gran buen mal siguiente siguientes primeras varios varias muchos muchas
            mejor mayor unico otro
        """,
        Kind.TAKES_OBJECT: """
            ingrese presione marque oprima pulse seleccione escoja elija introduzca diga deje indique entre
            llame haga digame dame deme ponga busco buscando llamo llamando quisiera gustaria marcar presionar
            ingresar tener hacer ver saber hablar decir dar poner cambiar cancelar reservar pedir comprar
            pagar enviar recibir escuchar dejar llamar salir unirse ir oprimir pulsar cambie visite contacte
            espere solicite ingreso ha tengo
        """,
        Kind.HESITATION: "eh em mmm este pues eeh ehm mm ah hmm",
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
    ),
    closed_ends=(
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
        "mas",
        "no esta",
        "si",
    ),
    subordinators="si cuando para porque aunque mientras como al antes despues",
    verb_endings=("ando", "iendo", "ado", "ido", "ada", "ida", "aron", "ieron", "ara", "era", "aran"),
    infinitive_endings=("ar", "er", "ir", "arlo", "arla"),
    modifier_endings=(),
    exact_closers="sí mí él está allá",
)
