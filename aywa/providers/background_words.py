"""Common words that stand beside the expected phrases, so that other speech has somewhere else to go.

Without them a grammar can only answer with one of its phrases. Measured over recorded speech that says
something else (179 words and short phrases, hotel booking): taken for an expected phrase 116 without and 45
with them while a day is asked for, 130 and 61 for a number of nights, 114 and 16 at the end; the 120
recordings of expected words come out the same with and without.
"""

from __future__ import annotations

# From the top of the usual frequency lists: short and varied in sound.
_TEXT = """
the of and to in is you that it he was on are as with his they at be this have from had by word but
what some we can out other were all there when up use your how said an each she which do their if
will about many then them write would like so these her long make thing see him has look more day
could go come did number sound most people over know water than call first who may down side been
find any new work part take get place made live where after back little only round man year came
show every good me give our under name very through just form sentence great think say help low line
differ turn cause much mean before move right boy old too same tell does set want air well also play
small end put home read hand port large spell add even land here must big high such follow act why
ask men change went light kind off need house picture try again animal point mother world near build
self earth father
"""

BACKGROUND_WORDS = tuple(_TEXT.split())
