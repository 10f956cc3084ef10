"""Sentences, words, stems, plain text and normal forms."""

# ruff: noqa: RUF001 - the ambiguous characters are what is tested

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text import STOP_WORDS, normalise, plain, sentences, stem, stems, words

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
SIGNS = [*"\\${}*_`'~ab^<>&;#[]()%\n\" 1.,Zé\u202e\x00", "\\textbf{", "$x$", "``", "&lt;", "\\'", "\\method"]
MARKUP = st.lists(st.sampled_from(SIGNS), max_size=60).map("".join)


def split(text: str) -> list[str]:
    """The sentences as strings."""
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["We use GPT-3.5.", "It wins on 3.5 of 4 tasks, e.g. parsing, i.e. trees."],
        ["See Fig. 2 and Eq. (3) for it.", "Smith et al. (2020) disagree; we do not."],
        ["As shown by Jones et al.", "We go further."],
        ["It was held in the U.S. House of J. D. Vance.", "Nobody came."],
        ["Is it so?", "It is!", "(ICLR 2023)."],
        ["Discriminative vs. generative models (does it matter? We think so.) are compared.", "They differ."],
        ["Code is at https://example.org/a.b/c.html.", "Data follow."],
        ["1. The first point.", "2. The second point."],
        ["It holds up to 80%.", "mT5 is small."],
        ["We submitted on Oct. 6 and won.", "Nothing else."],
        ["They have tables, figures, etc.", "Readers like them."],
        ['He called it "done."', "She did not."],
        ["Answers come from Yahoo! Answers and elsewhere.", "So be it."],
        ["We wait...", "Then we stop."],
        ["第一句。", "第二句！", "End."],
    ],
)
def test_sentences(parts: list[str]) -> None:
    """Sentences part where a reader would part them."""
    assert split(" ".join(parts)) == parts


def test_a_lost_space_still_parts_sentences() -> None:
    """A full stop glued to a word that opens sentences ends one; `torch.Tensor` is no such place."""
    assert split("It is a dock.The dock is big. We use torch.Tensor here.") == [
        "It is a dock.",
        "The dock is big.",
        "We use torch.Tensor here.",
    ]


def test_blank_lines_part_sentences() -> None:
    """A paragraph ends a sentence that has no full stop."""
    assert split("No stop here\n\nAnother") == ["No stop here", "Another"]


@given(st.text(max_size=300) | MARKUP)
def test_spans_are_exact_and_cover_all(text: str) -> None:
    """Spans rise, don't overlap, have no outer white space, and leave nothing but white space out."""
    end = 0
    for span in sentences(text):
        assert span.start >= end
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
        assert not text[end : span.start].strip()
        end = span.end
    assert not text[end:].strip()


def test_many_brackets_take_no_time() -> None:
    """The work grows with the text, not with its square."""
    assert len(sentences("(" * 50_000 + "A. B. " * 5_000)) > 0


def test_words_keep_figures_and_names_whole() -> None:
    """Inner full stops, apostrophes and hyphens stay, accents and case go."""
    assert words("GPT-3.5's F1 on Matérn kernels: 10.5%, don’t mT5!") == [
        "gpt-3.5's",
        "f1",
        "on",
        "matern",
        "kernels",
        "10.5",
        "don't",
        "mt5",
    ]


def test_stems() -> None:
    """Stop words go, compounds of letters come apart, words with digits stay."""
    assert stems("The self-supervised GPT-4 models are learning") == ["self", "supervis", "gpt-4", "model", "learn"]
    assert stems("the models", stop=False) == ["the", "model"]
    assert stem("gpt-4s") == "gpt-4s"
    assert all(word == word.lower() for word in STOP_WORDS)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"is \textbf{very \emph{good}} at $T$ rounds", "is very good at T rounds"),
        (r"\textbf{\texttt{Two Words}}", "Two Words"),
        (r"$\mathcal{O}(1/\sqrt{bT})$ and $O(n^3)$", "O(1/√(bT)) and O(n³)"),
        (r"80\% of $50\%$, $+0.7\%$, 129$\times$, DC$^2$", "80% of 50%, +0.7%, 129×, DC²"),
        (r"``\textit{quoted}'' and `single' and ``mixed\"", '"quoted" and \'single\' and "mixed"'),
        (r"Fig.~3 \cite{a,b} has \url{https://a.org/~me}", "Fig. 3 has https://a.org/~me"),
        (r"\method is fine, \eg, here; {\it so} is \method{}", "method is fine, e.g., here; so is method"),
        (r"Schr\"odinger, Erd\H{o}s, Garc\'{\i}a, \o re, M{\"u}ller", "Schrödinger, Erdős, García, ø re, Müller"),
        (r"\textcolor{red}{seen} \href{http://x.org}{there}", "seen there"),
        ("**bold**, *it*, _em_, `code` and [a link](https://x.org/y)", "bold, it, em, code and a link (https://x.org/y)"),
        ("<p>A &amp; B &lt; C<sub>2</sub></p> but <mask>", "A & B < C2 but <mask>"),
        ("cost $5 and then $6, ~20 of them, F_0.5, p_d(y), A* search", "cost $5 and then $6, ~20 of them, F_0.5, p_d(y), A* search"),
        ("a\u202eb\u200b c\x00 d\u00ad\n\te\u0301", "ab c d é"),
        (r"input$\rightarrow$output, $\alpha$-stable, XLM-R$_{large}$", "input→output, α-stable, XLM-R_large"),
        ("Existing \\\\ line", "Existing line"),
    ],
)
def test_plain(raw: str, clean: str) -> None:
    """Remains become the text they stand for; ordinary signs stay."""
    assert plain(raw) == clean


@given(MARKUP | st.text(max_size=80))
@settings(max_examples=300)
def test_plain_is_idempotent(text: str) -> None:
    """What is plain stays as it is, so stored offsets hold when a record is read again."""
    assert plain(plain(text)) == plain(text)


def test_deep_nesting_ends() -> None:
    """Text that nests beyond reason is cleaned in bounded time."""
    assert "\\" not in plain("\\textbf{" * 3_000 + "x" + "}" * 3_000)


@given(st.text(max_size=60))
def test_normalise_is_idempotent(text: str) -> None:
    """The normal form of a normal form is itself."""
    assert normalise(normalise(text)) == normalise(text)


def test_normalise_ignores_case_and_punctuation() -> None:
    """Two spellings of one title are equal."""
    assert (
        normalise("SuperGLUE -- A Case-Study: Ｆull, ﬁne!")
        == normalise("superglue: a case study full fine")
        == "superglue a case study full fine"
    )


@pytest.mark.seeds
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source documents are not part of the project")
def test_no_latex_remains_in_the_source_documents() -> None:
    """No macro and no maths mark survives; every percent sign does."""
    for path in SEEDS.iterdir():
        raw = path.read_text(encoding="utf-8")
        clean = plain(raw)
        assert "\\" not in clean
        assert "$" not in clean
        assert clean.count("%") == raw.count("%")


def test_json_keeps_what_plain_gives() -> None:
    """No lone surrogate is left that could not be stored."""
    assert json.loads(json.dumps(plain("a\ud83d b"))).encode() == b"a b"
