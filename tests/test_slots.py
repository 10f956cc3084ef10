"""What a question asks for: its parts, the sides of a comparison, the form of each; and what a request for papers names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.questions import understand
from rag.questions.followups import of_earlier, refers_back
from rag.questions.lookups import looked_up
from rag.questions.slots import compared, form_of, laid_out, parts_of, slots_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("How do gulls find chips?", ["How do gulls find chips?"]),
        ("How do gulls find chips, and which towns are worst hit?", ["How do gulls find chips", "which towns are worst hit?"]),
        (
            "What is PierCam, how fast is it and on which piers was it tried?",
            ["What is PierCam", "how fast is it", "on which piers was it tried?"],
        ),
        ("Does PierCam help? And why?", ["Does PierCam help?", "why?"]),
        ("Does PierCam help? why or why not?", ["Does PierCam help?", "why or why not?"]),
        ("Is PierCam accurate and does it need labels?", ["Is PierCam accurate", "does it need labels?"]),
        ("Which camera, of those that see at night, is cheapest?", ["Which camera, of those that see at night, is cheapest?"]),
        ("the pier on which gulls and crows met", ["the pier on which gulls and crows met"]),
        ("How does PierCam see? what does it cost? limits?", ["How does PierCam see?", "what does it cost?", "limits?"]),
        ("Does PierCam need light; if so, how much does it need?", ["Does PierCam need light", "how much does it need?"]),
        ("Which gulls steal chips and which?", ["Which gulls steal chips and which?"]),
        ("price of PierCam and how many were sold", ["price of PierCam", "how many were sold"]),
        (
            "How many gulls came, when was it, and did later counts agree?",
            ["How many gulls came", "when was it", "did later counts agree?"],
        ),
        ("How many gulls came, did the tide mean that they left?", ["How many gulls came", "did the tide mean that they left?"]),
        ("In men whose boat was lost, how often was it found?", ["In men whose boat was lost", "how often was it found?"]),
        ("a study of terns and where they nest", ["a study of terns and where they nest"]),
        ("terns, which are small, steal chips", ["terns, which are small, steal chips"]),
        (
            "Gulls wait at the chip shops until all guests have gone. How come?",
            ["Gulls wait at the chip shops until all guests have gone. How come?"],
        ),
    ],
)
def test_a_question_is_cut_where_another_begins(text: str, parts: list[str]) -> None:
    """Before a further question word with words of its own, or a bare why, when, who and the like; relative clauses stay."""
    assert parts_of(text) == parts


def test_a_part_that_refers_back_takes_the_name_along() -> None:
    """What is searched for it stands by itself: the name in the pronoun's place, in brackets where there is none, not beside another."""
    first, second = slots_of("Who wrote PierCam and how accurate is it?")
    assert (first.field, second.field) == ("authors", None)
    assert second.text == "how accurate is PierCam?"
    assert slots_of("What does PierCam see and which birds are counted?")[1].text == "which birds are counted (PierCam)?"
    assert slots_of("What does PierCam see and what was found about DockEye?")[1].text == "what was found about DockEye?"
    assert slots_of("What is night vision and how does it work?")[1].text == "how does night vision work?"


def test_the_same_is_asked_of_others() -> None:
    """A part that begins with "what about" asks of each thing by itself what was asked before, in the same form."""
    found = slots_of("How many chips do gulls eat? And what about terns, and crows?")
    assert [s.text for s in found] == ["How many chips do gulls eat?", "How many chips do terns eat", "How many chips do crows eat"]
    assert {s.form for s in found} == {"figure"}


def test_what_is_told_first_asks_for_nothing() -> None:
    """A sentence before the questions is no part; a long one is read with each of them, since its subject can't be told."""
    told = "We count gulls at nine piers with small cameras and lose a third of the pictures."
    assert [s.text for s in slots_of(f"{told} What does a camera cost, how many gulls does it see?")] == [
        f"{told} What does a camera cost",
        f"{told} how many gulls does it see?",
    ]


def test_a_clause_before_a_yes_or_no_question() -> None:
    """A verdict is due behind a clause as well, and in a further part whatever its words are about."""
    assert slots_of("If the tide is out, do gulls go to the pier?")[0].form == "verdict"
    assert [s.form for s in slots_of("What does PierCam see, and was there a study with gulls?")] == ["general", "verdict"]
    assert [s.form for s in slots_of("PierCam - what is it, what does it see?")] == ["definition", "general"]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("for PierCam give: price; range", ["What is the price of PierCam?", "What is the range of PierCam?"]),
        ("PierCam: 1) price 2) how fast is it?", ["What is the price of PierCam?", "how fast is PierCam?"]),
        ("PierCam - how many lenses, which birds?", ["how many lenses (PierCam)", "which birds (PierCam)?"]),
        ("About PierCam. What does it cost? Which birds does it see?", ["What does PierCam cost?", "Which birds does PierCam see?"]),
        ("(a) What is PierCam? (b) Who wrote it?", ["What is PierCam?", "Who wrote PierCam?"]),
        ("PierCam... how fast is it, what does it cost?", ["how fast is PierCam", "what does PierCam cost?"]),
        ("PierCam: its price, its range", ["What is the price of PierCam?", "What is the range of PierCam?"]),
        ("What does PierCam cost & how fast is it?", ["What does PierCam cost", "how fast is PierCam?"]),
        ("who, when and on which pier tested PierCam?", ["who tested PierCam?", "when tested PierCam?", "on which pier tested PierCam?"]),
        ("What does PierCam cost and on how many GPUs?", ["What does PierCam cost", "on how many GPUs (PierCam)?"]),
        (
            "for the tern census with drones: how many people took part and when was it?",
            ["how many people took part (tern census with drones)", "when was the tern census with drones?"],
        ),
        ("I'm reviewing PierCam. What does it cost, who made it?", ["What does PierCam cost", "who made PierCam?"]),
        ("In PierCam what is the lens made of and who sells it?", ["what is the lens made of (PierCam)", "who sells PierCam?"]),
        ("In PierCam, what is the lens made of?", ["In PierCam, what is the lens made of?"]),
        ("Explain the lens of PierCam - who made it?", ["Explain the lens of PierCam", "who made the lens of PierCam?"]),
        (
            "Why did the tern colonies of the bay shrink, what did the town do about it and did it help?",
            [
                "Why did the tern colonies of the bay shrink",
                "what did the town do about it (tern colonies)",
                "did it help (tern colonies)?",
            ],
        ),
        (
            "Which lenses and which films does PierCam use, and what is DockEye?",
            ["Which lenses does PierCam use", "which films does PierCam use", "what is DockEye?"],
        ),
        ("How strong is Roman concrete and who made it?", ["How strong is Roman concrete", "who made Roman concrete?"]),
        ("Who wrote PierCam, what is DockEye and how fast is it?", ["Who wrote PierCam", "what is DockEye", "how fast is DockEye?"]),
        ("Describe the nest of terns, and why do they hide it?", ["Describe the nest of terns", "why do they hide it (nest of terns)?"]),
        ("Tell me about terns: what do they eat, how old do they get?", ["what do terns eat", "how old do terns get?"]),
        (
            "weight of an adult tern and how many eggs it lays",
            ["weight of an adult tern", "how many eggs it lays (weight of an adult tern)"],
        ),
        ("What does PierCam cost and what do they say?", ["What does PierCam cost", "what do they say (PierCam)?"]),
    ],
)
def test_parts_laid_out_by_marks(text: str, texts: list[str]) -> None:
    """Numbers, sentences, lists behind a colon or a dash, and question words that share what follows; each part names the subject."""
    assert [slot.text for slot in slots_of(text)] == texts


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("What is the difference between gulls and crows?", ("gulls", "crows", "")),
        ("Compare PierCam and DockEye on night vision", ("PierCam", "DockEye", "night vision")),
        ("PierCam vs DockEye: how many cameras does each use?", ("PierCam", "DockEye", "how many cameras does each use")),
        ("How does PierCam differ from DockEye in price?", ("PierCam", "DockEye", "price")),
        ("PierCam or DockEye: which is cheaper?", ("PierCam", "DockEye", "which is cheaper")),
        ("Which needs fewer labels, PierCam or DockEye?", ("PierCam", "DockEye", "Which needs fewer labels")),
        ("Compare PierCam, DockEye and BayWatch on price", ("PierCam", "DockEye", "BayWatch", "price")),
        ("PierCam vs DockEye vs BayWatch: which is cheaper?", ("PierCam", "DockEye", "BayWatch", "which is cheaper")),
        ("How do PierCam, DockEye, and BayWatch differ?", ("PierCam", "DockEye", "BayWatch", "")),
        ("compare: PierCam; DockEye - what do they see?", ("PierCam", "DockEye", "what do they see")),
        ("Which of PierCam, DockEye and BayWatch is cheaper?", ("PierCam", "DockEye", "BayWatch", "is cheaper")),
        ("Compare PierCam and DockEye on price, weight and range", ("PierCam", "DockEye", "price, weight and range")),
        ("PierCam vs DockEye vs BayWatch — which sees best?", ("PierCam", "DockEye", "BayWatch", "which sees best")),
        ("Compare the price of PierCam with DockEye on piers", ("PierCam", "DockEye", "price on piers")),
        ("Compare the price of PierCam and the weight of DockEye", ("price of PierCam", "weight of DockEye", "")),
        ("Was theft lower with PierCam compared with no camera?", None),
        ("What do gulls and crows eat?", None),
        ("Is PierCam better than DockEye?", None),
    ],
)
def test_sides_of_a_comparison(text: str, sides: tuple[str, ...] | None) -> None:
    """Two things or more that the question sets side by side; "compared with" inside a question about one thing is none."""
    assert compared(text) == sides


def test_each_side_is_asked_what_is_compared() -> None:
    """The side stands where the question speaks of each; every side has every attribute."""
    text = "PierCam vs DockEye vs BayWatch: what does the lens do in each and how big is it?"
    assert [slot.text for slot in slots_of(text)][:4] == [
        "what does the lens do in PierCam",
        "what does the lens do in DockEye",
        "what does the lens do in BayWatch",
        "how big is PierCam",
    ]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("What is a tern?", "definition"),
        ("What is meant by kleptoparasitism?", "definition"),
        ("what a tern is", "definition"),
        ("how PierCam sees at night", "mechanism"),
        ("What is the best camera?", "general"),
        ("What was found about gulls?", "general"),
        ("Why do gulls steal?", "cause"),
        ("Why do the authors of PierCam use two cameras?", "cause"),
        ("Do gulls steal at night?", "verdict"),
        ("How many chips were stolen?", "figure"),
        ("How does PierCam work?", "mechanism"),
        ("What are the limitations of PierCam?", "limits"),
        ("Which papers are about gulls?", "list"),
        ("What is known about gulls?", "survey"),
    ],
)
def test_forms(text: str, form: str) -> None:
    """The form of the answer is told by the question's own words."""
    assert form_of(text) == form


@given(st.text(max_size=200))
def test_any_text_has_slots(text: str) -> None:
    """Whatever is typed, there is at least one slot, each with a text, unless nothing was typed."""
    slots = slots_of(text)
    assert slots
    assert all(s.text.strip() or not text.strip() for s in slots)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Which papers mention GLUE?", (("GLUE",),)),
        ("Which papers mention kitchen sinks?", (("kitchen sinks",),)),
        ("How many papers use CIFAR-10 or ImageNet?", (("CIFAR-10",), ("ImageNet",))),
        ("List papers that evaluate on “night vision” sets", (("night vision",),)),
        ("Which papers are about learning from few labels?", None),
    ],
)
def test_what_a_request_names(text: str, groups: object) -> None:
    """Quoted phrases, names, and whatever stands behind "mention"."""
    found = looked_up(text)
    assert (None if found is None else found.groups) == groups


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Could you recommend a study that looks at sparse attention?", "sparse attention"),
        ("I'm looking for papers about graph learning.", "graph learning"),
        ("how many papers are there on gull theft?", "gull theft"),
        ("gull theft", "gull theft"),
    ],
)
def test_the_topic_of_a_request(text: str, topic: str) -> None:
    """The words of asking are no part of it."""
    assert understand(text).topic == topic


def test_earlier_papers_are_meant() -> None:
    """By "them" all of the last answer, by an ordinal one of them; else none."""
    cited = ("a", "b", "c")
    assert of_earlier("Compare them.", cited) == cited
    assert of_earlier("What do they have in common?", cited) == cited
    assert of_earlier("And the third one?", cited) == ("c",)
    assert of_earlier("What about the last paper?", cited) == ("c",)
    assert of_earlier("Why?", cited) == ()
    assert of_earlier("Compare them.", cited[:1]) == ()


@pytest.mark.parametrize(
    ("text", "leans"), [("And on which piers?", True), ("What does it need?", True), ("Which papers are about terns?", False)]
)
def test_words_that_refer_back(text: str, leans: bool) -> None:
    """A short question alone does not lean on the one before."""
    assert refers_back(text) is leans


@pytest.mark.parametrize(
    "text",
    [
        "Which genes are involved: " + ", ".join(f"G{n}" for n in range(200)) + "?",
        "compare " + ", ".join(["a b"] * 200) + " and c",
        "what is a, " * 200,
        "a , b , " * 200,
    ],
)
def test_long_lists_are_read_in_time(text: str) -> None:
    """Each comma once had two readings, and twenty names took minutes: two hundred end."""
    assert compared(text) is None or len(compared(text) or ()) > 2


def test_parts_may_be_numbered_beyond_nine() -> None:
    """All of them, and none joined to another."""
    text = "About LoRA: " + " ".join(f"{n}) who made part number {n}?" for n in range(1, 13))
    assert len(laid_out(text)[1]) == 12
