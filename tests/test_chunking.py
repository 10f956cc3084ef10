"""Chunks are whole sentences with exact spans that cover the abstract and fit the embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from rag import tokens
from rag.chunking import MAX_TOKENS, embedding_text, split
from rag.schema import Paper
from rag.text import sentences

if TYPE_CHECKING:
    from rag.assistant import Assistant

_WORDS = st.sampled_from("Sparse tensors glide. We measure 3.5 % of GPT-4's naïve runs! Why? e.g. (see Fig. 2) 東京 x² — end. Next".split())
ABSTRACTS = st.lists(_WORDS, max_size=120).map(" ".join) | st.text(max_size=400)


def paper(abstract: str, title: str = "A title") -> Paper:
    """A paper with this text."""
    return Paper(paper_id="p-1", title=title, abstract=abstract)


def words_of(text: str) -> int:
    """A counter that is easy to follow: words."""
    return len(text.split())


@given(ABSTRACTS, st.integers(4, 40))
def test_spans_are_exact_and_cover_the_abstract(abstract: str, limit: int) -> None:
    """`abstract[start:end] == text`, in order, without overlap, with nothing but white space between them."""
    chunks = split(paper(abstract), count=words_of, max_tokens=limit)
    end = 0
    for n, chunk in enumerate(chunks):
        assert abstract[chunk.start : chunk.end] == chunk.text != ""
        assert (chunk.chunk_id, chunk.ordinal, chunk.paper_id) == (f"p-1:{n}", n, "p-1")
        assert not abstract[end : chunk.start].strip()
        assert end <= chunk.start < chunk.end
        end = chunk.end
    assert not abstract[end:].strip()


@given(ABSTRACTS, st.integers(4, 40))
def test_chunks_fit(abstract: str, limit: int) -> None:
    """Title and text together keep to the limit, apart from scraps of twenty characters that can't be cut further."""
    for chunk in split(paper(abstract), count=words_of, max_tokens=limit):
        assert words_of(embedding_text("A title", chunk.text)) <= limit or len(chunk.text) <= 20


@given(ABSTRACTS)
def test_the_same_text_gives_the_same_chunks(abstract: str) -> None:
    """Nothing random, nothing that depends on what came before."""
    assert split(paper(abstract), max_tokens=30) == split(paper(abstract), max_tokens=30)


def test_a_short_abstract_is_one_chunk() -> None:
    """From its first to its last character that is not white space."""
    (chunk,) = split(paper("  One thing was tried. It worked.  "))
    assert (chunk.start, chunk.end, chunk.text) == (2, 33, "One thing was tried. It worked.")


def test_no_text_no_chunk() -> None:
    """An abstract of white space has nothing to embed."""
    assert split(paper("")) == split(paper(" \n ")) == []


def test_chunks_end_where_sentences_end() -> None:
    """As long as every sentence fits, none is cut."""
    abstract = " ".join(f"Sentence {n} says {'very ' * (n % 7)}little." for n in range(60))
    ends = {s.end for s in sentences(abstract)}
    chunks = split(paper(abstract), count=words_of, max_tokens=40)
    assert len(chunks) > 4
    assert all(chunk.end in ends for chunk in chunks)


def test_the_tail_is_no_scrap() -> None:
    """The last two chunks share what is left: neither is less than a third of the other."""
    abstract = " ".join(f"Sentence {n:02} has six words." for n in range(14))
    *_, first, last = split(paper(abstract), count=words_of, max_tokens=67)
    assert 1 / 3 < len(last.text) / len(first.text) < 3


def test_one_endless_sentence_is_cut_between_words() -> None:
    """So that all of it is embedded."""
    abstract = " ".join(f"w{n}" for n in range(400))
    chunks = split(paper(abstract), count=words_of, max_tokens=50)
    assert " ".join(c.text for c in chunks) == abstract


def test_one_endless_word_is_cut_too() -> None:
    """A string without spaces, such as a DNA sequence, is cut by length."""
    abstract = "ACGT" * 2_000
    chunks = split(paper(abstract))
    assert "".join(c.text for c in chunks) == abstract
    assert all(tokens.count(embedding_text("A title", c.text)) <= MAX_TOKENS for c in chunks)


def test_the_title_counts_but_never_crowds_out_the_text() -> None:
    """A title as long as a page leaves room for the abstract."""
    chunks = split(paper("One thing was tried. It worked.", title="word " * 5_000))
    assert "".join(c.text for c in chunks).replace(" ", "") == "Onethingwastried.Itworked."


def test_the_embedder_has_the_last_word() -> None:
    """A text that the embedder could not read whole is cut further, whatever the tokens say."""
    abstract = "One two three four. Five six seven eight. Nine ten eleven twelve."
    chunks = split(paper(abstract), limits=[(len, 34)])
    assert [c.text for c in chunks] == ["One two three four.", "Five six seven eight.", "Nine ten eleven twelve."]


def test_every_bundled_chunk_is_read_whole(assistant: Assistant) -> None:
    """No chunk in the library is longer than what the embedder reads, so the tail of every abstract has a vector."""
    embedder = assistant.library.embedder
    assert embedder is not None
    papers = assistant.library.list(sort="paper_id")
    rows = assistant.library.rows_of([p.paper_id for p in papers])
    for one, spans in zip(papers, assistant.library.chunk_spans(rows), strict=True):
        assert "".join(one.abstract[a:b] for a, b in spans).replace(" ", "") == one.abstract.replace(" ", "")
        for start, end in spans:
            assert embedder.count(embedding_text(one.title, one.abstract[start:end])) <= embedder.max_tokens
