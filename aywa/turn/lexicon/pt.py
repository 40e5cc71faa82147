"""Portuguese, of Brazil and of Portugal."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="pt",
    words={
        Kind.ANSWER: """
            sim nao claro certo obrigado obrigada ola alo oi tchau exato exatamente perfeito ok okay isso ta
            beleza
        """,
        Kind.CLOSER: """
            hoje amanha ontem aqui ali la ai depois tarde nada algo alguem ninguem tudo todos voce voces favor
            mim comigo
        """,
        Kind.ARTICLE: """
            o a os as uns umas do da dos das no na nos nas ao aos pelo pela pelos pelas num numa meu minha
            meus minhas teu tua seu sua seus suas nosso nossa nossos nossas deste desta desse dessa neste
            nesta nesse nessa cada qualquer
        """,
        Kind.DETERMINER: """
            este esta estes estas esse essa esses essas aquele aquela outro outra outros outras algum alguma
            alguns algumas nenhum nenhuma todo toda todos todas um uma
        """,
        Kind.PREPOSITION: """
            de em com sem por para pra pro ate entre sobre desde contra durante apos sob perante como a
            seguido seguida
        """,
        Kind.CONJUNCTION: """
            e ou mas porque que se quando onde quem qual cujo embora enquanto nem pois entao porem quanto
        """,
        Kind.AUXILIARY: """
            e sao era eram esta estao estou estamos sou somos ser estar sido foi foram sera vai vao vou vamos
            pode podem posso poderia podemos deve devo tem tenho temos tinha ha quero quer queria gostaria
            preciso precisa nao me te se lhe lhes haver tive fui desejo deseja
        """,
        Kind.SUBJECT: "eu ele ela eles elas nos tu",
        Kind.ADVERB: "agora ja sempre nunca ainda tambem atualmente talvez",
        Kind.DEGREE: """
            muito mais menos tao so somente apenas quase bem bastante aproximadamente realmente
        """,
        Kind.MODIFIER: """
            primeiro primeira segundo segunda terceiro ultimo ultima ultimos proximo proxima novo nova novos
            novas mesmo mesma grande bom boa seguinte seguintes varios varias muitos muitas melhor maior
        """,
        Kind.TAKES_OBJECT: """
            digite pressione aperte tecle disque selecione escolha insira diga deixe informe ligue fale quero
            queria gostaria preciso procuro procurando ligando fazer ter ver saber dizer dar mudar cancelar
            reservar pedir comprar pagar enviar receber ouvir deixar ligar marcar chamo agendar
        """,
        Kind.HESITATION: "eh hum hmm e ehm ahn ne tipo ah mm bom",
        Kind.ASK: "que quem onde quando como qual quanto quanta quantos quantas",
        Kind.NUMBER: """
            zero um uma dois duas tres quatro cinco seis meia sete oito nove dez onze doze treze quatorze
            catorze quinze dezesseis dezasseis dezessete dezassete dezoito dezenove dezanove vinte trinta
            quarenta cinquenta sessenta setenta oitenta noventa cem cento duzentos mil milhao
        """,
        Kind.CUE: "numero ramal codigo senha",
    },
    open_ends=(
        "eu gostaria",
        "tenho que",
        "quer dizer",
        "um momento",
        "um minuto",
        "por exemplo",
        "meu nome e",
        "me chamo",
        "ou seja",
        "deixa eu ver",
        "e que",
        "seguido de",
        "seguido por",
    ),
    closed_ends=(
        "ou nao",
        "se possivel",
        "por favor",
        "so isso",
        "e isso",
        "e so isso",
        "nao sei",
        "eu nao sei",
        "de nada",
        "muito obrigado",
        "muito obrigada",
        "esta bem",
        "ta bom",
        "tudo bem",
        "com certeza",
        "eu tambem",
        "ainda nao",
        "de novo",
        "mais tarde",
        "para mim",
        "pra mim",
        "comigo",
        "acho que sim",
        "acho que nao",
        "e tudo",
        "nada mais",
        "mais nada",
        "eu quero",
        "com voce",
        "para voce",
        "eu posso",
        "ja esta",
        "como esta",
        "onde esta",
        "o que e",
        "quanto e",
    ),
    subordinators="se quando para pra porque embora enquanto como antes depois",
    verb_endings=("ando", "endo", "indo", "ado", "ido", "ada", "ida", "aram", "eram", "ou"),
    infinitive_endings=("ar", "er", "ir"),
    modifier_endings=(),
    exact={Kind.CLOSER: "lá aí", Kind.AUXILIARY: "está é", Kind.PREPOSITION: "à às"},
    negations="nao",
    adverb_endings=("mente",),
)
