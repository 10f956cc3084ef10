"""Headings in which title and authors are glued: the split is exact on headings that were never seen when it was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag.sources.headings import split_heading

# title | authors, with "+" for a row that was cut; the glue is put between by the test.
HEADINGS = """
Attention Is All You Need|Ashish Vaswani, Noam Shazeer, Niki Parmar+
Deep Residual Learning for Image Recognition|Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun
Adam: A Method for Stochastic Optimization|Diederik P. Kingma, Jimmy Ba
Visualizing Data using t-SNE|Laurens van der Maaten, Geoffrey Hinton
Sparks of Artificial General Intelligence: Early experiments with GPT-4|Sébastien Bubeck, Varun Chandrasekaran, Ronen Eldan+
GPT-4 Technical Report|OpenAI
GloVe: Global Vectors for Word Representation|Jeffrey Pennington, Richard Socher, Christopher D. Manning
RoBERTa: A Robustly Optimized BERT Pretraining Approach|Yinhan Liu, Myle Ott, Naman Goyal+
DeBERTa: Decoding-enhanced BERT with Disentangled Attention|Pengcheng He, Xiaodong Liu, Jianfeng Gao, Weizhu Chen
Are Emergent Abilities of Large Language Models a Mirage?|Rylan Schaeffer, Brando Miranda, Sanmi Koyejo
Understanding deep learning requires rethinking generalization|Chiyuan Zhang, Samy Bengio, Moritz Hardt+
Convolutional Neural Networks for Sentence Classification|Yoon Kim
A Neural Probabilistic Parser|J. D. Smith, A.-M. Dupont, R. K. O'Neill
Gradient-Based Learning Applied to Document Recognition|Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner
Conditional Random Fields for Labeling Sequence Data|John Lafferty, Andrew McCallum, Fernando Pereira
Improved Regularization of Convolutional Networks with Cutout|Terrance DeVries, Graham W. Taylor
Bayesian Optimization in a Billion Dimensions|Ziyu Wang, Masrour Zoghi, Frank Hutter, David Matheson, Nando de Freitas
WaveNet: A Generative Model for Raw Audio|Aäron van den Oord, Sander Dieleman, Heiga Zen+
PyTorch: An Imperative Style, High-Performance Deep Learning Library|Adam Paszke, Sam Gross, Francisco Massa+
Training Very Deep Nets with PyTorch|Adam Paszke, Soumith Chintala
Scaling Instruction Tuning with SparseAdapter|Shwai He, Liang Ding
What Can We Learn from ChatGPT|Wei Liu, Anna O'Brien
Multilingual Transfer with mT5|Linting Xue, Noah Constant
A Comparison of Prompting Methods on SuperGLUE|Qihuang Zhong, Liang Ding+
Findings of the Translation Task at WMT 2023|Tom Kocmi, Eleftherios Avramidis, Rachel Bawden+
Proceedings of the Shared Task on Irony, 2018|Cynthia Van Hee, Els Lefever, Véronique Hoste
Lies, Damned Lies, and Benchmarks|Mary-Jane Watson
Large Language Models Are Human-Level Prompt Engineers|Yongchao Zhou, Andrei Ioan Muresanu, Ziwen Han+
"Why Should I Trust You?": Explaining the Predictions of Any Classifier|Marco Tulio Ribeiro, Sameer Singh, Carlos Guestrin
Can a Machine Say "I Don't Know"|Emily M. Bender, Alexander Koller
On the Dangers of Stochastic Parrots (Extended Version)|Emily M. Bender, Timnit Gebru, Angelina McMillan-Major, Shmargaret Shmitchell
Attention, Please! A Study of Focus in Vision Transformers!|Zoë O'Connor, Björn Müller
Neural Machine Translation by Jointly Learning to Align and Translate|Dzmitry Bahdanau, Kyunghyun Cho, Yoshua Bengio
Learning Transferable Visual Models From Natural Language Supervision|Alec Radford, Jong Wook Kim, Chris Hallacy+
Batch Normalization: Accelerating Training by Reducing Internal Covariate Shift|Sergey Ioffe, Christian Szegedy
Mastering the game of Go without human knowledge|David Silver, Julian Schrittwieser, Karen Simonyan+
Playing Chess with AlphaZero|Matthew Sadler, Natasha Regan
Fast Graph Representation Learning with PyTorch Geometric|Matthias Fey, Jan Eric Lenssen
An Overview of Gradient Descent Optimization Algorithms|Sebastian Ruder
Image Quality Assessment Using DNNs|Sebastian Bosse, Dominique Maniry
On the Geometry of LLMs|María José García-López, Íñigo Urteaga
A Short Course on Category Theory|Émile Borel
Optimal Transport for Domain Adaptation|Nicolas Courty, Rémi Flamary, Devis Tuia, Alain Rakotomamonjy
Reading Comprehension with BERT|J. R. R. Tolkien
Monotone Operators Revisited|Ørjan Åsgård, Łukasz Kaiser
Federated Optimization in Heterogeneous Networks|Tian Li, Anit Kumar Sahu, Manzil Zaheer+
Multi-Agent Path Finding in 3D|Sven Koenig, Hang Ma
Causal Inference under Interference in Dynamic Therapy Group Studies|Daniel Almirall
Learning to Summarize with Human Feedback|KiYoung Lee, HyunJin Kim, JinYeong Bak
Speech Enhancement via Score Matching|Mei-Ling Chang, Jean-Pierre de la Fontaine
Towards Robust Vision|Madeleine L'Engle, Gabriel García Márquez
Certified Defenses Against Patch Attacks|Ping-yeh Chiang, Renkun Ni, Tom Goldstein
Online Learning with Knapsacks|Nicolò Cesa-Bianchi, Gábor Lugosi
Program Synthesis in C++|Bjarne Stroustrup, Herb Sutter
Reducing Errors by 50%|Ada Lovelace, Charles Babbage
SQuAD: 100,000+ Questions for Machine Comprehension of Text|Pranav Rajpurkar, Jian Zhang, Konstantin Lopyrev, Percy Liang
BLEU: a Method for Automatic Evaluation of Machine Translation|Kishore Papineni, Salim Roukos, Todd Ward, Wei-Jing Zhu
DALL-E Meets CLIP|Priya Raman, Omar Al-Khatib
A ConvNet for the 2020s|Zhuang Liu, Hanzi Mao, Chao-Yuan Wu+
LoRA: Low-Rank Adaptation of Large Language Models|Edward J. Hu, Yelong Shen, Phillip Wallis+
QLoRA: Efficient Finetuning of Quantized LLMs|Tim Dettmers, Artidoro Pagnoni, Ari Holtzman, Luke Zettlemoyer
FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness|Tri Dao, Daniel Y. Fu, Stefano Ermon+
Speeding up FlashAttention|Tri Dao
Question Answering over DBpedia|Jens Lehmann, Ricardo Usbeck
Exploring the Limits of ResNeXt|Saining Xie, Ross Girshick
What Does BERT Look At? An Analysis of BERT's Attention|Kevin Clark, Urvashi Khandelwal, Omer Levy, Christopher D. Manning
BERT, GPT, and Beyond: Who Wins|Li Na, Yo-Yo Ma
Kernel Methods Through the Lens of RKHS|Bernhard Schölkopf, Alexander J. Smola
Ensembling Trees with XGBoost|Tianqi Chen, Carlos Guestrin
Privacy in Practice: Private COVID-19 Detection|Lucas Lange, Maja Schneider, Erhard Rahm
Quantum Advantage in Learning from Experiments|Hsin-Yuan Huang, Michael Broughton, Jordan Cotler+
Notes on Noise Contrastive Estimation|Chris Dyer
Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter Transfer|Greg Yang, Edward J. Hu
The Curious Case of Neural Text Degeneration|Ari Holtzman, Jan Buys, Li Du, Maxwell Forbes, Yejin Choi
Mixtral of Experts|Albert Q. Jiang, Alexandre Sablayrolles, Antoine Roux+
Root Mean Square Layer Normalization|Biao Zhang, Rico Sennrich
An Image is Worth One Word|Rinon Gal, Yuval Alaluf, Yuval Atzmon+
Deep Learning in Spiking Networks: A Survey of SNNs|Wulfram Gerstner, Friedemann Zenke, Emre O. Neftci
Towards Fairer Face Recognition Datasets|Laura Rabbani, Alexandre Fournier-Montgieux, Hervé Le Borgne
Where to Go Next for Recommender Systems? ID- vs. Modality-based Models|Zheng Yuan, Fajie Yuan, Yu Song+
Retrieval for RAG|Yi Tay, Bo Li
Rethinking Evaluation in ASR|Tatiana Likhomanenko, Qiantong Xu, Vineel Pratap+
"""


@pytest.fixture
def seeds() -> Path:
    """The folder of the five source documents."""
    folder = Path(__file__).parents[2] / "shared" / "seeds"
    if not folder.is_dir():
        pytest.skip("the source documents are not part of the project")
    return folder


CASES = [line.split("|") for line in HEADINGS.strip().splitlines()]
LISTING = re.compile(r"\d+\.\d[A-Z]{2}[A-Z][a-z]{2} \d{1,2}, \d{4}(?:Code)?")


@pytest.mark.parametrize(("title", "row"), CASES, ids=[title[:40] for title, _ in CASES])
def test_glued_headings_split_exactly(title: str, row: str) -> None:
    """Title, authors and the cut row come apart without any help from an abstract."""
    cut = row.endswith("+")
    found = split_heading(f"{title}{row.rstrip('+')}{' et al.' if cut else ''}")
    assert (found.title, found.authors, found.truncated) == (title, tuple(row.rstrip("+").split(", ")), cut)


@pytest.mark.parametrize("title", [title for title, _ in CASES])
def test_titles_alone_stay_whole(title: str) -> None:
    """Camel case and acronyms in a title without authors are no authors."""
    assert split_heading(title).authors == ()


@pytest.mark.parametrize(
    ("heading", "abstract", "title"),
    [
        ("Robust Tracking in DeepWalkBryan Perozzi", "We study DeepWalk and random walks.", "Robust Tracking in DeepWalk"),
        ("The Story of ZorgnetMcKenzie Smith", "Zorgnet is a network.", "The Story of Zorgnet"),
        ("Compressing Flumph with BlorpNetAda Lin", "BlorpNet compresses what a net holds.", "Compressing Flumph with BlorpNet"),
    ],
)
def test_an_abstract_tells_made_up_words(heading: str, abstract: str, title: str) -> None:
    """A name that only the abstract knows ends the title."""
    assert split_heading(heading, abstract).title == title


def test_suffixes_and_conjunctions() -> None:
    """A "Jr." belongs to the name before it; "and" and "&" part names."""
    assert split_heading("Speaker RecognitionDouglas A. Reynolds, John Makhoul Jr. and Ann Lee").authors == (
        "Douglas A. Reynolds", "John Makhoul Jr.", "Ann Lee",
    )  # fmt: skip
    assert split_heading("Open Problems in LearningSammy Davis, Jr., Ann Lee & Bo Xu").authors == ("Sammy Davis, Jr.", "Ann Lee", "Bo Xu")


@pytest.mark.seeds
def test_all_headings_of_the_listing_split(seeds: Path) -> None:
    """Every author of the 50 headings is two capitalised words, all but one row is cut, and no title ends in a name."""
    text = next(seeds.glob("002_*")).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not LISTING.fullmatch(line.strip())]
    found = [split_heading(heading, abstract) for heading, abstract in zip(lines[::2], lines[1::2], strict=True)]
    assert len(found) == 50
    assert all(len(parts.authors) == 3 and all(re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", name) for name in parts.authors) for parts in found)
    assert sum(not parts.truncated for parts in found) == 1
    assert {parts.title.split()[-1] for parts in found} >= {
        "SuperGLUE",
        "GLUE",
        "WMT22",
        "LLMs",
        "BERT",
        "Pretraining?",
        "Correlations",
        "System",
    }
    assert found == [split_heading(heading) for heading in lines[::2]]
