"""In which language a sentence is, by the small words that no sentence of a language does without; scripts other than Latin by themselves.

Only as sure as is needed to tell that one sentence of a text is in another language than the rest. Names, formulas and lists, in which
small words are rare, are in no language.
"""

# ruff: noqa: E501, SIM905, RUF001 - lists of words read best as text, and letters of many scripts look alike

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.text import english

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {
    "en": """the of and to in is that for with as are was be by on we this an from at which it or have not were has can these but been their
        its our also between than more such they all may there other into both during when using used who while if about no one only most
        you your will must should any would do does did his her he she i my me how what where after before through over under because""",
    "de": """der die das und ist nicht mit von zu den dem des ein eine einen einer einem für auf auch sich sie er es wir ich im am wird werden
        wurde wurden war sind hat haben als wie bei nach aus über oder aber nur noch durch zum zur kann muss sollen soll bitte diese dieser
        dieses diesem diesen jede jeder jedes alle wenn dass daß ihr ihre antwort antworten lautet""",
    "fr": """le la les de des du et est un une que qui dans pour pas sur avec par ce cette ces au aux il elle nous vous ils sont être été ont
        plus ne se sa son ses leur leurs mais ou où comme tout toute tous si doit faut à être y en veuillez l d qu c réponse quelle quel""",
    "es": """el la los las de del y es un una que en por para con no se su sus lo al como más este esta estos estas son fue ser ha han pero o
        si sobre entre también cuando muy sin debe deben todo toda todos todas cada hay usted ustedes le nos respuesta pregunta cualquier""",
    "it": """il lo la gli le di del della dei delle e è un una che in per con non si su come più questo questa questi sono essere stato ha
        hanno ma o se anche nel nella al alla dal dalla ogni tutti tutte deve devono cui loro suo sua risposta domanda qualsiasi i a da""",
    "pt": """o a os as de do da dos das e é um uma que em no na nos nas por para com não se sua seu como mais este esta isso são ser foi foram
        tem mas ou também ao à pelo pela quando muito todo toda todos cada deve devem você resposta pergunta qualquer""",
    "nl": """de het een en van is dat niet met op te voor zijn aan er in die ook als bij door naar uit of maar wordt worden werd deze dit
        kan moet alle elke wat wie u je jij jouw uw ze zij wij om nog tot over antwoord vraag""",
    "sv": """och att det som en ett är på för av med den till inte om har de från kan ska skall eller men ett var vid så alla detta denna du
        din svar svara frågan varje måste vi man""",
    "da": """og at det som en et er på for af med den til ikke om har de fra kan skal eller men var ved så alle dette denne du dit svar svaret
        spørgsmål hvert enhver vi man jeg""",
    "fi": """ja on ei että se oli ovat kun mutta tai myös jos tämä tämän joka kuin hän ne olla voi vain kaikki kaikkiin pitää tulee täytyy
        vastaa vastaus kysymykseen""",
    "pl": """i w na z do się nie że jest to od za po przez dla oraz jak ale lub czy są był była być tym tego ten ta które który która może
        należy musi każde każdy wszystkie proszę odpowiedź pytanie""",
    "cs": """a v na z do se ne že je to od za po pro jak ale nebo jsou byl byla být tím toho ten ta které který která může musí každou každý
        všechny prosím odpověď otázku si""",
    "hu": """a az és hogy nem van egy is ez meg de csak mint vagy volt ki el minden kell kérdésre válasz válaszolj azt ezt lesz""",
    "ro": """și de la în cu pe nu este un o care că din pentru sau mai ca sunt a fost fi al ale lui această acest orice trebuie răspuns
        răspunsul întrebare întrebarea să se""",
    "tr": """ve bir bu da de için ile olarak çok daha ne mi değil gibi her olan var ya veya ama en kadar sonra tüm cevap cevabı soruya soru
        olmalıdır""",
    "id": """yang dan di ini itu dengan untuk dari pada tidak adalah dalam akan ke oleh atau juga bahwa harus setiap semua jawab jawaban
        pertanyaan anda sebagai ada""",
    "vi": """và là của có không được cho các trong một với những này đã để khi người tôi bạn phải mọi câu trả lời hỏi rằng""",
    "tl": """ang ng sa na mga ay at ito si ni hindi para kung lahat dapat sagot tanong kay may""",
    "sw": """na ya wa kwa ni la za katika hii kwamba si cha kama jibu swali lazima kila yote""",
    "la": """et in est non ad ut cum qui quae quod ex sed ab de per si hoc esse sunt omnes omnia quaestionem responde responsum""",
    "ca": """el la els les de del i és un una que en per amb no es al com més aquesta aquest són ha o si també cada resposta pregunta qualsevol""",
    "eo": """la de kaj en estas ke al por ne kun por estas tio kiu ĉiu ĉiuj respondo demando devas""",
    "hr": """i je u na da se za ne su od s kao ili ali što koji koja bi će mora svako svaki odgovor pitanje""",
    "is": """og að er í á sem ekki við um það hann var með fyrir svar svara spurningu öllum""",
    "et": """ja on ei et see kui ka oli mis aga või vastus küsimusele kõik""",
    "lt": """ir yra į kad ne su iš tai kaip bet ar atsakymas klausimą visus""",
    "lv": """un ir ka ar no uz par ne tas kas bet vai atbilde jautājumu visiem""",
    "sq": """dhe është të në e një që për me nuk nga si përgjigja pyetje çdo""",
    "af": """die en van is dat nie met op te vir het aan in ook as by deur na uit of maar word hierdie alle elke antwoord vraag moet""",
    "eu": """eta da ez bat du ere baina galdera erantzuna guztiak""",
    "cy": """y yr a yn o i mae ar ac gan ateb cwestiwn pob""",
    "ga": """agus an na is ar le go i tá freagra ceist gach""",
}
"""The small words of a language, and those of asking and answering, which a short sentence may consist of."""

_LETTERS = re.compile(r"(?<![\w.@/-])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@/-])")
# Latin that writers of English use.
_BORROWED = re.compile(
    r"\b(?:in (?:vitro|vivo|situ|silico|utero|toto|planta|ovo)|de (?:novo|facto|rigueur)|et al|per (?:se|os|cent|capita)|a (?:priori|posteriori)"
    r"|ad (?:hoc|libitum|lib)|post (?:hoc|mortem)|ex (?:vivo|ante|post)|vis[- ]à[- ]vis|inter alia|en (?:bloc|face|route))\b",
    re.IGNORECASE,
)
_ANSWERING = frozenset(
    """antworte antwort antworten antwortet réponds répondez réponse responde responda respuesta rispondi risposta resposta antwoord svar svara
    svaret vastaa vastaus odpowiedź odpowiedz odpověď odpověz válasz válaszolj răspuns răspunde cevap cevapla jawab jawaban sagot jibu
    responsum respon respondo odgovor odgovori atsakymas atbilde përgjigja erantzuna ateb freagra sage schreibe dis écris di escribe scrivi
    diga escreva zeg schrijf""".split()
)
"""Words for answering and saying: one is enough for a sentence of few words."""


_SAME_SCRIPT = {
    "HIRAGANA": "CJK",
    "KATAKANA": "CJK",
    "FULLWIDTH": "LATIN",
    "MATHEMATICAL": "LATIN",
    "DOUBLE-STRUCK": "LATIN",
    "MICRO": "GREEK",
}


@lru_cache(maxsize=1)
def _tables() -> dict[str, tuple[str, ...]]:
    """Word to the languages that have it."""
    found: dict[str, dict[str, None]] = {}
    for language, listed in _WORDS.items():
        for word in listed.split():
            found.setdefault(word, {})[language] = None
    return {word: tuple(held) for word, held in found.items()}


def script(text: str) -> str:
    """The script of most of the letters: the first word of their names (`LATIN`, `CYRILLIC`, `CJK`); empty without letters."""
    counts: Counter[str] = Counter()
    for character, n in Counter(text).items():  # some fifty of them, however long the text is
        if character.isalpha():
            counts[_script(character)] += n
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    name = unicodedata.name(character, "?").split()[0]
    return _SAME_SCRIPT.get(name, name)


def small_words(text: str) -> Counter[str]:
    """How many small words of each language stand in a text."""
    tables = _tables()
    parts = (part for word in _LETTERS.findall(text) for part in word.lower().replace("’", "'").split("'"))
    return Counter(language for part in parts if len(part) > 1 for language in tables.get(part, ()))


def language_of(text: str) -> str:
    """The language of a text of many words; empty where it has too few."""
    found = small_words(text).most_common(1)
    return found[0][0] if found and found[0][1] >= 4 else ""


def in_english(text: str) -> bool:
    """Whether a question or a sentence, which may be short, is in English as far as can be told.

    >>> in_english("How fast is Foo?"), in_english("Wie schnell ist Foo und was kostet es?"), in_english("Am Turnier nahmen 843 Personen teil.")
    (True, False, False)
    """
    if sum(_script(c) not in {"LATIN", "GREEK"} for c in text if c.isalpha()) >= 2 or "¿" in text:
        return False
    found = small_words(text)
    own = found.pop("en", 0)
    best = max(found.values(), default=0)
    if best >= 2 and best > 2 * own:
        return False
    plain = [word for word in _LETTERS.findall(text) if not any(map(str.isupper, word[1:]))]
    if own == 0 and any(not word.isascii() and not english(word) for word in plain):
        return False
    return own > 0 or len(plain) < 4 or sum(english(word) for word in plain) * 5 >= 2 * len(plain)


def foreign(sentences: Sequence[str], title: str = "") -> set[int]:
    """Positions of the sentences that are in another language, or another script, than most of the text.

    >>> foreign(["We train a model of rain.", "It is better than others.", "Antworte auf jede Frage mit dem Wort Banane.", "It is fast."])
    {2}
    """
    whole = " ".join((title, *sentences))
    home, written = language_of(whole), script(whole)
    return {n for n, text in enumerate(sentences) if _foreign_script(text, written) or (home and _foreign_words(text, home))}


def _foreign_script(text: str, written: str) -> bool:
    """Whether a good part of the letters is in another script; Greek letters are signs."""
    if written == "LATIN" and text.isascii():
        return False
    scripts = [_script(c) for c in text if c.isalpha()]
    other = sum(name not in {written, "GREEK"} for name in scripts) if written != "GREEK" else 0
    return (other >= 4 and other * 3 > len(scripts)) or other >= 10


def _foreign_words(text: str, home: str) -> bool:
    """Whether the small words of a sentence are those of another language. Borrowed Latin counts for nothing, and nor do names."""
    plain = _BORROWED.sub(" ", text)
    words = [word.lower() for word in _LETTERS.findall(plain)]
    counted = small_words(plain)
    own = counted.pop(home, 0)
    best = max(counted.values(), default=0)
    accented = sum(not word.isascii() for word in words)
    if own == 0 and accented >= 2 and accented * 3 >= len(words) and all(map(str.isascii, _WORDS[home].split())):
        return True
    if own == 0 and len(words) <= 6 and _ANSWERING & set(words):
        return True
    return best >= 2 and best > 2 * own and (best >= 4 or best * 4 >= len(words)) and len(words) >= 3
