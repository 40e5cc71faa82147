"""English."""

from __future__ import annotations

from aywa.turn.lexicon.pack import Kind, WordPack

PACK = WordPack(
    code="en",
    words={
        Kind.ANSWER: """
            yes no yeah yep nope okay ok sure right correct exactly absolutely definitely thanks hello hi bye
            goodbye
        """,
        Kind.CLOSER: """
            again today tomorrow tonight here there it them him me us please either instead later soon anymore
            yet ago away back together mine yours online somewhere anywhere everything anything nothing
            something everyone anyone nobody somebody someone
        """,
        Kind.ARTICLE: """
            the a an my your his her its our their every no such what's s
        """,
        Kind.DETERMINER: """
            this these those that's another other others each some any all both several many few neither
            either none which whose mine
        """,
        Kind.PREPOSITION: """
            of to from for with without at by into onto about against between during before after above below
            under over through toward towards upon within via per than as like except since until till near
            regarding in on followed
        """,
        Kind.CONJUNCTION: """
            and or but because that if when while where who whom so unless although though whether because
            cause plus nor then how why
        """,
        Kind.AUXILIARY: """
            is are was were am be been being has have had do does did will would can could shall should may
            might must cannot i'm i'll i'd i've we're we'll we'd we've you're you'll you'd you've he's she's
            it's it'll that's there's they're you they'll they've let's who's isn't aren't wasn't weren't
            don't doesn't didn't won't wouldn't can't couldn't shouldn't haven't hasn't hadn't not ain't
            there's here's
        """,
        Kind.SUBJECT: "i we they he she",
        Kind.ADVERB: """
            now still already always never currently presently temporarily exactly also maybe perhaps probably
            usually often too
        """,
        Kind.DEGREE: """
            very more most less least so just only really quite rather almost even really either approximately
            around actually basically
        """,
        Kind.MODIFIER: """
            new next last previous first second third other same following current main old own few several
            many much numeric wrong different whole entire good great big small available valid additional
            personal invalid incoming outgoing temporary numeric active private public special general local
            international direct free full empty busy urgent important early late long short high low early
            single double certain particular possible necessary entire real regular normal original recent
            future present prior minimum maximum average total final initial missed unread unknown secure
        """,
        Kind.TAKES_OBJECT: """
            enter press dial select choose want need get give tell send leave call say make take put find keep
            change check book order buy pay cancel add remove use reach see know think mean ask show bring set
            list hear play delete save record wanna gonna looking trying going calling wondering transfer
            forward extend increase decrease lower raise wants needs gets contact called named enable disable
            activate deactivate entered have locate ban visit transferring sending saving connecting
            reschedule schedule confirm update receive close read write pick introduce
        """,
        Kind.HESITATION: "um uh erm er hmm hm mm well uhm umm uhh ah",
        Kind.ASK: "what who where when why how which whose",
        Kind.NUMBER: """
            zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
            sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
            thousand million double triple
        """,
        Kind.CUE: "number extension code pin password zip",
    },
    open_ends=(
        "would like",
        "want to",
        "need to",
        "going to",
        "have to",
        "able to",
        "used to",
        "kind of",
        "sort of",
        "a lot",
        "as well as",
        "such as",
        "in order",
        "let me",
        "let me see",
        "let's see",
        "i think",
        "i mean",
        "you know",
        "i guess",
        "hold on",
        "one moment",
        "one second",
        "just a second",
        "wait a minute",
        "how about",
        "my name is",
        "followed by",
        "that is",
        "a little",
        "please enter",
        "this is",
        "thank",
        "no thank",
        "does not",
        "do not",
        "did not",
        "is not",
        "are not",
        "was not",
        "will not",
        "cannot",
        "has not",
        "have not",
        "there are no more",
        "there is no more",
    ),
    closed_ends=(
        "please",
        "at all",
        "each other",
        "one another",
        "do so",
        "as such",
        "after all",
        "first of all",
        "no one else",
        "anything else",
        "something else",
        "or not",
        "as well",
        "why not",
        "if not",
        "of course not",
        "if so",
        "by you",
        "with us",
        "for us",
        "of them",
        "that's right",
        "turn it on",
        "turn it off",
        "is on",
        "are on",
        "to speak to",
        "to talk to",
        "search for",
        "if necessary",
        "if possible",
        "as possible",
        "if you can",
        "when you can",
        "thank you",
        "of course",
        "that's it",
        "that's all",
        "that is all",
        "of it",
        "i do",
        "i don't",
        "i can't",
        "it is",
        "i did",
        "i am",
        "i have",
        "yes it is",
        "no it isn't",
        "not yet",
        "are you there",
        "to it",
        "for it",
        "in it",
        "for me",
        "with me",
        "to me",
        "log in",
        "logged in",
        "logged on",
        "logged off",
        "turned on",
        "turned off",
        "hang up",
        "sign up",
        "check in",
        "check out",
        "call back",
        "come in",
        "go ahead",
        "go on",
        "i know",
        "i see",
        "i think so",
        "how are you",
        "for you",
        "with you",
        "to you",
        "i am not",
        "to go",
        "as dialed",
        "no more",
        "is this",
        "who is this",
        "how much",
        "what time",
        "one more",
        "i will",
        "repeat that",
        "do that",
        "say that",
        "like that",
        "about that",
        "to that",
        "know that",
        "want that",
        "see that",
        "hear that",
        "than that",
        "any more",
        "i know",
        "i don't know",
        "do not know",
        "i am not sure",
        "what is it",
        "where is it",
        "who is it",
        "yes i can",
        "no i can't",
        "yes i would",
        "you are",
        "where you are",
        "speaking to",
        "talking to",
        "speaking with",
        "looking for",
        "calling from",
        "waiting for",
        "both of them",
        "all of them",
        "two of us",
    ),
    subordinators="if when to because although while unless for after before once at",
    verb_endings=("ed",),
    infinitive_endings=(),
    modifier_endings=("ional", "ious", "able", "ible"),
    adverb_endings=("ly",),
    verbs_are_nouns=True,
)
