"""What is said in English for what a model writes."""

from __future__ import annotations

import pytest

from aywa.turn.speaking_settings import FormatSettings
from aywa.turn.wording.formatter import wording


def said(text: str, language: str = "en", settings: FormatSettings | None = None) -> str:
    return wording(settings or FormatSettings(), language).speak(text).spoken


NUMBERS = [
    ("I have 2 rooms.", "I have two rooms."),
    ("Room 21 and room 305.", "Room twenty-one and room three hundred five."),
    ("It is 1,250,000 in all.", "It is one million two hundred fifty thousand in all."),
    ("Your number is 4701.", "Your number is four seven zero one."),
    ("Take 12345 with you.", "Take one two three four five with you."),
    ("It is 1200 or 1999.", "It is twelve hundred or nineteen ninety-nine."),
    ("Since 2019 and in 2026.", "Since twenty nineteen and in twenty twenty-six."),
    ("It weighs 3.5 of them.", "It weighs three point five of them."),
    ("It is -5 outside.", "It is minus five outside."),
    ("Code 007 it is.", "Code zero zero seven it is."),
    ("The 1st, 2nd, 3rd and 21st floor.", "The first, second, third and twenty-first floor."),
    ("About 3/4 of them, 1/2 today.", "About three quarters of them, one half today."),
    ("We are here 24/7.", "We are here twenty-four seven."),
    ("2-3 nights are fine.", "two to three nights are fine."),
    ("Take #5 or No. 7.", "Take number five or number seven."),
    ("4500 people came.", "four thousand five hundred people came."),
    ("A 3x4 grid.", "A three by four grid."),
    ("In the 1990s it was so.", "In the nineteen nineties it was so."),
    ("Version 2.0.1 is out.", "Version two point zero point one is out."),
    ("A 2-bed room.", "A two-bed room."),
    ("1. A room.", "one. A room."),
    ("12 of 100000000 cases.", "twelve of one zero zero, zero zero zero, zero zero zero cases."),
]
MONEY = [
    ("It is $42.50.", "It is forty-two dollars and fifty cents."),
    ("It is $1,250.", "It is one thousand two hundred fifty dollars."),
    ("$1 or $0.99?", "one dollar or ninety-nine cents?"),
    ("€95/night, please.", "ninety-five euros per night, please."),
    ("95 € or 1.50 €.", "ninety-five euros or one euro and fifty cents."),
    ("£3.01 it is.", "three pounds and one penny it is."),
    ("$2.5M in all.", "two point five million dollars in all."),
    ("Pay USD 50 now.", "Pay fifty dollars now."),
    ("$10-$20 each.", "ten dollars to twenty dollars each."),
    ("It is 4500 dollars.", "It is four thousand five hundred dollars."),
    ("-$5 then.", "minus five dollars then."),
    ("¥500 is little.", "five hundred yen is little."),
]
MEASURES = [
    ("It is 5km away.", "It is five kilometers away."),
    ("1 km, 2.5 m, 10 cm.", "one kilometer, two point five meters, ten centimeters."),
    ("43 lb of it.", "forty-three pounds of it."),
    ("It has 30 m² and 20°C.", "It has thirty square meters and twenty degrees Celsius."),
    ("At 100 km/h.", "At one hundred kilometers per hour."),
    ("12.5% off, or 50 % off.", "twelve point five percent off, or fifty percent off."),
    ("10-15% less.", "ten to fifteen percent less."),
    ("It takes 45 min.", "It takes forty-five minutes."),
    ("It takes 5 min. by car.", "It takes five minutes by car."),
    ("In 2 hrs.", "In two hours."),
    ("5 in the room.", "five in the room."),
]
MOMENTS = [
    ("On 2026-05-31.", "On May thirty-first, twenty twenty-six."),
    ("On 5/3/2026.", "On May third, twenty twenty-six."),
    ("On 31.05.2026.", "On May thirty-first, twenty twenty-six."),
    ("May 31 is fine.", "May thirty-first is fine."),
    ("Jan. 2nd, 2005?", "January second, two thousand five?"),
    ("31 May 1906.", "the thirty-first of May, nineteen oh six."),
    ("Open Mon-Fri and Sat–Sun.", "Open Monday to Friday and Saturday to Sunday."),
    ("On Mon, May 4.", "On Monday, May fourth."),
    ("At 10:30 or 10:05.", "At ten thirty or ten oh five."),
    ("At 7:00.", "At seven o'clock."),
    ("At 14:00 or 14:30.", "At two P M or two thirty P M."),
    ("At 7 a.m. it opens.", "At seven A M it opens."),
    ("At 7 p.m.", "At seven P M."),
    ("At 7:15pm.", "At seven fifteen P M."),
    ("9am-5pm daily.", "nine A M to five P M daily."),
    ("9:00–17:30 daily.", "nine o'clock to five thirty P M daily."),
    ("At 0:15.", "At twelve fifteen A M."),
    ("A 16:9 screen.", "A sixteen:nine screen."),
]
ADDRESSES = [
    ("Write to john.doe@example.com.", "Write to john dot doe at example dot com."),
    (
        "It is a_b-42@my-mail.co.uk, yes.",
        "It is a underscore b dash four two at my dash mail dot co dot U K, yes.",
    ),
    ("See https://www.example.com/help.", "See example dot com slash help."),
    ("See example.com or www.a-b.de.", "See example dot com or a dash b dot D E."),
    ("See https://example.com/rooms?id=5!", "See example dot com slash rooms!"),
    ("See https://example.com/a/" + "y" * 40 + " now.", "See example dot com now."),
    ("Call 123-456-7890.", "Call one two three, four five six, seven eight nine zero."),
    (
        "Call (555) 123-4567, ext. 89.",
        "Call five five five, one two three, four five six seven, extension eighty-nine.",
    ),
    ("Call +49 30 123456.", "Call plus four nine, three zero, one two three four five six."),
    ("Call 0301234567 now.", "Call zero three zero, one two three, four five six seven now."),
    ("555-1234 is ours.", "five five five, one two three four is ours."),
    (
        "Card 4111 1111 1111 1111.",
        "Card four one one one, one one one one, one one one one, one one one one.",
    ),
]
LETTERS = [
    ("The FBI and NASA.", "The F B I and NASA."),
    ("Our ATMs and the USA.", "Our A T Ms and the U S A."),
    ("We do NOT do that.", "We do NOT do that."),
    ("PLEASE DO THAT NOW", "PLEASE DO THAT NOW"),
    ("Your code is AB-4701.", "Your code is A B, four seven zero one."),
    ("It is K7Q2 or B12.", "It is K seven Q two or B twelve."),
    ("Order #A1B2C3D4 is here.", "Order number A one B two C three D four is here."),
    ("The form W-9, ext. 5.", "The form W nine, extension five."),
    ("Call us (ext. 302).", "Call us (extension three hundred two)."),
    ("COVID-19 and 5G.", "COVID nineteen and five G."),
    ("Spelled A-B-3-7.", "Spelled A B three seven."),
    ("Dr. Smith, e.g. Mr. Jones.", "doctor Smith, for example mister Jones."),
    ("Main St. is near St. Mary.", "Main street is near saint Mary."),
    ("Nuts, bread, etc.", "Nuts, bread, et cetera."),
    ("The U.S. office.", "The U S office."),
    ("Bed & breakfast and/or more.", "Bed and breakfast and or more."),
    ("Henry VIII was here.", "Henry eight was here."),
    ("His/her room.", "His or her room."),
]
MARKS = [
    ("**Good** *morning*, _all_ of you.", "Good morning, all of you."),
    ("# Rooms", "Rooms"),
    ("- nuts", "nuts"),
    ("See [our site](https://example.com/x).", "See our site."),
    ("Use `book` <b>now</b>.", "Use book now."),
    ("Hello 😀 there 👍🏽!", "Hello there!"),
    ('He said "yes" and "no".', "He said yes and no."),
    ("It's the guests' room — yours.", "It's the guests' room, yours."),
    ("One\nTwo.\nThree", "One. Two. Three"),
    ("Note: it is free.", "Note, it is free."),
    ("| a | b |", "a, b,"),
    ("2 * 3 is 6.", "two three is six."),
    ("3 < 5 and 5 > 3.", "three < five and five > three."),
]


@pytest.mark.parametrize(
    ("text", "words"), NUMBERS + MONEY + MEASURES + MOMENTS + ADDRESSES + LETTERS + MARKS
)
def test_english(text: str, words: str) -> None:
    assert said(text) == words


PLAIN = "Good morning, I am calling about the room I have booked."


def test_plain_words_are_left_alone() -> None:
    assert said(PLAIN) == PLAIN
    assert said("***") == "***", "there would be nothing left to say"
