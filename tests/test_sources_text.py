"""What stands in and round an abstract becomes words and sentences, in any encoding."""

# ruff: noqa: E501, RUF001 - texts as services hand them on, with letters and signs of many scripts

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader_samples import TEXT, TITLE
from source_samples import put

from rag.sources import Account, read
from rag.sources.abstracts import missing, trimmed
from rag.text import plain


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Fish climb after dusk.</p><p>They rose.</p>", "Fish climb after dusk. They rose."),
        (
            "<jats:sec><jats:title>Aim</jats:title><jats:p>To see.</jats:p></jats:sec><jats:title>Results</jats:title>Seen.",
            "Aim: To see. Results: Seen.",
        ),
        ("<h4>Aim</h4>To see.<h4>Results</h4>Seen.", "Aim: To see. Results: Seen."),
        ("10<sup>6</sup> m<sup>2</sup>, 2 x 10<sup>-3</sup>, 10<sup>12</sup>", "10⁶ m², 2 x 10^-3, 10^12"),
        (
            "CO<sub>2</sub>, CO<inf>2</inf>, Ca<sup>2+</sup>, <sup>13</sup>C, the 2<sup>nd</sup>, Brand<sup>®</sup>",
            "CO2, CO2, Ca²⁺, ¹³C, the 2nd, Brand®",
        ),
        ("a <b and c> d, p<0.05, x < y and z > w", "a <b and c> d, p<0.05, x < y and z > w"),
        ("with <mask>, <think> and </think>, <s> and if n<p>m", "with <mask>, <think> and </think>, <s> and if n<p>m"),
        ("<scp>NLP</scp> and <jats:list><jats:list-item>one</jats:list-item></jats:list>", "NLP and one"),
        ("&lt;p&gt;twice&lt;/p&gt;&lt;p&gt;escaped&lt;/p&gt;", "twice escaped"),
        (
            "a <mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup><mml:mo>+</mml:mo><mml:mn>1</mml:mn></mml:math> b",
            "a x²+1 b",
        ),
        (
            r"a <alternatives><tex-math>\documentclass{minimal}\begin{document}$$x^2$$\end{document}</tex-math><mml:math/></alternatives> b",
            "a x² b",
        ),
        ("<ul><li>We saw one thing in spring</li><li>Another came later</li></ul>", "We saw one thing in spring. Another came later"),
        ('<ext-link href="https://x.org">There</ext-link> <foo bar="1">t</foo>', "There t"),
    ],
)
def test_tags_become_words_and_signs(raw: str, clean: str) -> None:
    """Blocks part, headings stay, scripts keep their place, and what is no tag is text."""
    assert plain(raw) == clean


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b>", "<sup>", "</sup>", "<title>", "</title>", "&lt;", "<", ">", "a", "2", " ", "x<y", "<mi>", "</mi>"]
        )
    )
)
def test_texts_with_tags_are_cleaned_for_good(parts: list[str]) -> None:
    """What is plain stays as it is."""
    once = plain("".join(parts))
    assert plain(once) == once


RIGHTS = [
    "© 2019 Small House. All rights reserved.", "Copyright © 2011 John Wiley & Sons, Ltd.", "(C) 2010 Elsevier Ltd. All rights reserved.",
    "Published by Elsevier Inc.", "This article is protected by copyright. All rights reserved.", "© 2021 by the authors. Licensee MDPI, Basel.",
    "(PsycINFO Database Record (c) 2016 APA, all rights reserved)", "Crown Copyright (C) 2010 Published by Elsevier B.V. All rights reserved.",
    "© The Author(s) 2019. Published by Oxford University Press. All rights reserved. For permissions, please email: x@y.org",
    "[ABSTRACT FROM AUTHOR] Copyright of Moss is the property of House and its content may not be copied or emailed. However, users may print it.",
    "2013 Elsevier B.V. All rights reserved.",
]  # fmt: skip


@pytest.mark.parametrize("line", RIGHTS)
def test_lines_of_rights_are_no_abstract(tmp_path: Path, line: str) -> None:
    """They are taken off the end, kept beside the abstract, and the user is told."""
    account = Account()
    (paper,) = read(put(tmp_path, json.dumps([{"title": TITLE, "abstract": f"Abstract: {TEXT} {line}"}])), account=account)
    assert (paper.abstract, paper.extra["copyright"]) == (TEXT, plain(line))
    assert "lines of rights were taken off the abstracts of 1 record" in account.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT} Copyright law applies to photographs of moss.", f"{TEXT} We study (c) the third case.", f"{TEXT} Trial registration: NCT0001.",
        f"Abstract interpretation of moss is new. {TEXT}", f"{TEXT} Keywords are found by a search: we list them", f"Summary statistics help. {TEXT}",
        f"{TEXT} We published by hand.",
    ],
)  # fmt: skip
def test_sentences_that_only_speak_of_such_things_stay(text: str) -> None:
    """An abstract loses nothing that is its own."""
    assert trimmed(text).text == text


def test_keywords_and_headings_round_an_abstract(tmp_path: Path) -> None:
    """The heading goes, the keywords go where keywords are."""
    for heading in ("Abstract ", "ABSTRACT: ", "Abstract— ", "Summary. "):
        assert trimmed(f"{heading}{TEXT}").text == TEXT
    (paper,) = read(put(tmp_path, json.dumps([{"title": TITLE, "abstract": f"{TEXT} Key words: moss; steep roofs."}])))
    assert (paper.abstract, paper.keywords) == (TEXT, ("moss", "steep roofs"))


def test_the_bundled_abstracts_are_as_they_are() -> None:
    """Nothing is taken off what was never there."""
    corpus = Path(__file__).parents[1] / "corpus" / "papers.jsonl"
    abstracts = [json.loads(line)["abstract"] for line in corpus.read_text("utf-8").splitlines()]
    assert [text for text in abstracts if trimmed(text).text != text or missing(text)] == []


@given(
    st.lists(
        st.sampled_from([TEXT, "Abstract: ", "© 2019 House.", " Keywords: a; b.", "All rights reserved.", "No abstract.", " ", "© "]),
        max_size=6,
    )
)
def test_trimming_twice_changes_nothing(parts: list[str]) -> None:
    """What is stored stays as it is when it is read again."""
    once = trimmed(plain(" ".join(parts))).text
    assert trimmed(once).text == once


TEXTS = {
    "cp1252": "Moos hält Wasser auf Dächern. Jörg wog 64 Flächen, später regnete es länger.",
    "cp1250": "Mech zatrzymuje wodę na stromych dachach. Zważyliśmy 64 powierzchnie jesienią.",
    "cp1251": "Мох удерживает воду на крышах. Мы взвесили участки зимой.",
    "gb18030": "苔藓在陡峭的屋顶上保持水分。我们在一个冬天称量了六十四个样地。",
    "shift_jis": "苔は急な屋根の上で水を保持します。私たちは冬に区画を計量しました。",
    "euc_kr": "이끼는 가파른 지붕에서 물을 머금는다. 우리는 겨울에 구획을 재었다.",
    "utf-16-le": "Moos hält Wasser auf Dächern.",
    "utf-16-be": "Moos hält Wasser auf Dächern.",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_encodings_are_told_by_content(tmp_path: Path, encoding: str) -> None:
    """Tagged text and JSON alike; where it is no Unicode, the user is told what it was taken for."""
    text = TEXTS[encoding]
    for whole in (f"TY  - JOUR\nTI  - Moss\nAB  - {text}\nER  - \n", json.dumps([{"title": "Moss", "abstract": text}], ensure_ascii=False)):
        account = Account()
        (paper,) = read(put(tmp_path, whole.encode(encoding)), account=account)
        assert paper.abstract == text
        assert bool(account.notes) == (not encoding.startswith("utf"))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(
            ("latin-1", text)
            for text in ("Übergänge", "São Paulo", "Größe", "Moos hält Wasser", "naïve café", "Bjørn Ødegård", "Señor Muñoz")
        ),
        *(("cp1252", text) for text in ("it’s", "“quoted” roofs", "Ångström")),
        *(("cp1250", text) for text in ("Łukasz Żak", "Dvořák, Antonín", "Kovačević", "Erdős", "Mech zatrzymuje wodę")),
        *(("cp1251", text) for text in ("Иванов", "Мох удерживает воду")),
        ("koi8_r", "Мох удерживает воду"),
        ("cp1254", "Işık ve gölge"),
        ("gb18030", "苔藓在陡峭的屋顶上"),
        ("big5", "王小明"),
        ("shift_jis", "山田太郎の研究"),
        ("euc_kr", "김민준"),
    ],
)
def test_a_word_tells_its_encoding(tmp_path: Path, encoding: str, text: str) -> None:
    """A file of one record holds too little to count letters in; where they stand in words tells."""
    (paper,) = read(put(tmp_path, f'{{"title": "{text}", "abstract": "{TEXT}"}}\n'.encode(encoding)))
    assert paper.title == plain(text)


def test_a_declared_encoding_is_believed(tmp_path: Path) -> None:
    """As JabRef writes it above its entries."""
    text = f"% Encoding: ISO8859_2\n\n@article{{a, title = {{Żuk}}, author = {{Fern, Otto}}, abstract = {{{TEXT}}}}}\n"
    (paper,) = read(put(tmp_path, text.encode("iso8859-2")))
    assert paper.title == "Żuk"


def test_a_line_pasted_from_elsewhere(tmp_path: Path) -> None:
    """Most lines are UTF-8: one that is not is read as Windows-1252, and they stay what they are."""
    good = json.dumps({"title": "Dächer", "abstract": f"{TEXT} Größe."}, ensure_ascii=False).encode()
    bad = json.dumps({"title": "Flächen", "abstract": TEXT}, ensure_ascii=False).encode("cp1252")
    assert [paper.title for paper in read(put(tmp_path, good + b"\n" + bad + b"\n" + good))] == ["Dächer", "Flächen", "Dächer"]
