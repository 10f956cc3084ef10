"""One paper as each service and tool writes it: made up, in the shape that its exports have."""

# ruff: noqa: E501 - exports have the lines that their tools write

from __future__ import annotations

import json
from typing import Any

TITLE = "Moss on steep roofs"
TEXT = (
    "Moss carpets hold water on steep roofs. We weighed 64 roof plots over one winter. "
    "Plots with moss released rain 11 hours later than bare plots."
)
OTHER = TEXT.replace("Moss carpets", "Fern beds").replace("moss", "ferns")
HALF, REST = TEXT[: TEXT.index(" plots over")], TEXT[TEXT.index("plots over") :]
INDEX = {word: [at for at, other in enumerate(TEXT.split()) if other == word] for word in TEXT.split()}

JSON: dict[str, Any] = {
    "openalex": {"meta": {"count": 1}, "results": [{
        "id": "https://openalex.org/W1", "doi": "https://doi.org/10.5555/m.1", "title": TITLE, "display_name": TITLE, "type": "article",
        "publication_year": 2019, "publication_date": "2019-04-01", "is_retracted": False, "abstract_inverted_index": INDEX,
        "authorships": [{"author": {"display_name": "Otto Fern"}}, {"author": {"display_name": "Ina Reed"}}],
        "primary_location": {"source": {"display_name": "Roofs"}}, "biblio": {"volume": "3", "first_page": "1", "last_page": "9"},
    }]},
    "crossref": {"status": "ok", "message": {"items": [{
        "DOI": "10.5555/m.1", "title": [TITLE], "type": "journal-article", "container-title": ["Roofs"], "volume": "3", "page": "1-9",
        "author": [{"given": "Otto", "family": "Fern"}, {"given": "Ina", "family": "Reed"}], "issued": {"date-parts": [[2019, 4, 1]]},
        "abstract": f"<jats:title>Abstract</jats:title><jats:p>{TEXT}</jats:p>", "reference": [{"key": "r1"}],
    }]}},
    "zotero api": [
        {"key": "AAAA1111", "version": 5, "data": {
            "key": "AAAA1111", "itemType": "journalArticle", "title": TITLE, "abstractNote": TEXT, "publicationTitle": "Roofs", "volume": "3",
            "pages": "1-9", "date": "2019-04-01", "DOI": "10.5555/m.1",
            "creators": [{"creatorType": "author", "firstName": "Otto", "lastName": "Fern"},
                         {"creatorType": "author", "firstName": "Ina", "lastName": "Reed"}],
        }},
        {"key": "BBBB2222", "data": {"itemType": "attachment", "title": "Full Text PDF", "parentItem": "AAAA1111"}},
    ],
    "better bibtex": {"config": {"label": "BetterBibTeX JSON"}, "collections": {}, "items": [{
        "itemType": "journalArticle", "title": TITLE, "abstractNote": TEXT, "publicationTitle": "Roofs", "volume": "3", "pages": "1-9",
        "date": "2019-04-01", "DOI": "10.5555/m.1", "citationKey": "fern2019", "tags": [{"tag": "mine"}],
        "creators": [{"creatorType": "author", "firstName": "Otto", "lastName": "Fern"}, {"creatorType": "author", "name": "Ina Reed"}],
    }]},
    "europe pmc": {"resultList": {"result": [{
        "id": "1", "title": f"{TITLE}.", "doi": "10.5555/m.1", "pubYear": "2019", "firstPublicationDate": "2019-04-01", "pageInfo": "1-9",
        "abstractText": TEXT, "authorList": {"author": [{"fullName": "Fern O", "firstName": "Otto", "lastName": "Fern"},
                                                        {"fullName": "Reed I", "firstName": "Ina", "lastName": "Reed"}]},
        "journalInfo": {"volume": "3", "journal": {"title": "Roofs"}},
    }]}},
    "biorxiv": {"messages": [{"status": "ok"}], "collection": [{
        "doi": "10.5555/m.1", "title": TITLE, "authors": "Fern, Otto; Reed, Ina", "date": "2019-04-01", "category": "ecology",
        "abstract": TEXT, "published": "NA", "server": "biorxiv", "type": "new results", "version": "1",
    }]},
    "openreview": {"notes": [{"id": "x", "pdate": 1554076800000, "content": {
        "title": {"value": TITLE}, "abstract": {"value": TEXT}, "authors": {"value": ["Otto Fern", "Ina Reed"]},
        "doi": {"value": "10.5555/m.1"},
    }}]},
    "openreview, old": {"notes": [{"id": "x", "cdate": 1554076800000, "content": {
        "title": TITLE, "abstract": TEXT, "authors": ["Otto Fern", "Ina Reed"], "doi": "10.5555/m.1"}}]},
    "semantic scholar": {"total": 1, "data": [{
        "paperId": "a", "title": TITLE, "abstract": TEXT, "year": 2019, "publicationDate": "2019-04-01", "externalIds": {"DOI": "10.5555/m.1"},
        "authors": [{"authorId": "1", "name": "Otto Fern"}, {"authorId": "2", "name": "Ina Reed"}],
        "journal": {"name": "Roofs", "volume": "3", "pages": "1 - 9"}, "tldr": {"text": "Moss slows rain."},
    }]},
    "semantic scholar, old": {
        "id": "a", "title": TITLE, "paperAbstract": TEXT, "year": 2019, "doi": "10.5555/m.1", "journalName": "Roofs", "inCitations": ["b"],
        "authors": [{"name": "Otto Fern", "ids": ["1"]}, {"name": "Ina Reed", "ids": []}],
    },
    "s2orc": {
        "paper_id": "77", "title": TITLE, "abstract": TEXT, "year": "2019", "doi": "10.5555/m.1", "journal": "Roofs", "mag_id": "1",
        "authors": [{"first": "Otto", "middle": [], "last": "Fern", "suffix": ""}, {"first": "Ina", "middle": [], "last": "Reed", "suffix": ""}],
    },
    "s2orc, full text": {"corpusid": 7, "externalids": {"doi": "10.5555/m.1"}, "content": {
        "text": f"{TITLE}\n{TEXT}\nOtto Fern\nIna Reed", "annotations": {
            "title": json.dumps([{"start": 0, "end": len(TITLE)}]),
            "abstract": json.dumps([{"start": len(TITLE) + 1, "end": len(TITLE) + 1 + len(TEXT)}]),
            "author": json.dumps([{"start": len(TITLE) + len(TEXT) + 2, "end": len(TITLE) + len(TEXT) + 11},
                                  {"start": len(TITLE) + len(TEXT) + 12, "end": len(TITLE) + len(TEXT) + 20}]),
        },
    }},
    "cord-19": {
        "paper_id": "f00", "metadata": {"title": TITLE, "authors": [{"first": "Otto", "middle": [], "last": "Fern"},
                                                                   {"first": "Ina", "middle": [], "last": "Reed"}]},
        "abstract": [{"text": HALF, "section": "Abstract"}, {"text": REST, "section": "Abstract"}], "body_text": [{"text": "Body."}],
    },
    "hugging face": [{"paper": {
        "id": "1904.00001", "title": TITLE, "summary": TEXT, "publishedAt": "2019-04-01T00:00:00.000Z", "upvotes": 3,
        "authors": [{"name": "Otto Fern", "hidden": False}, {"name": "Ina Reed"}],
    }, "title": TITLE, "publishedAt": "2019-04-02T00:00:00.000Z", "numComments": 1}],
    "datacite": {"data": [{"id": "10.5555/m.1", "attributes": {
        "doi": "10.5555/m.1", "titles": [{"title": TITLE}], "publicationYear": 2019,
        "descriptions": [{"description": "Three tables.", "descriptionType": "Other"}, {"description": TEXT, "descriptionType": "Abstract"}],
        "creators": [{"name": "Fern, Otto", "givenName": "Otto", "familyName": "Fern"}, {"name": "Reed, Ina"}],
    }}]},
    "ads": {"response": {"docs": [{"title": [TITLE], "author": ["Fern, Otto", "Reed, Ina"], "abstract": TEXT, "pub": "Roofs", "year": "2019",
                                   "doi": ["10.5555/m.1"], "pubdate": "2019-04-00"}]}},
    "lens": {"data": [{"lens_id": "1", "title": TITLE, "abstract": TEXT, "year_published": 2019, "source": {"title": "Roofs"},
                       "authors": [{"first_name": "Otto", "last_name": "Fern"}, {"first_name": "Ina", "last_name": "Reed"}],
                       "external_ids": [{"type": "doi", "value": "10.5555/m.1"}]}]},
    "capitals": [{"TITLE": TITLE, "Abstract": TEXT, "AUTHORS": "Fern, Otto; Reed, Ina", "Year": 2019, "Doi": "10.5555/m.1"}],
    "by key": {"fern2019": {"title": TITLE, "abstract": TEXT, "authors": ["Otto Fern", "Ina Reed"], "year": 2019, "DOI": "10.5555/m.1"}},
}  # fmt: skip

_NAMES = "<author><last>{}</last></author>"
XML = {
    "pubmed": f"""<?xml version="1.0"?><!DOCTYPE PubmedArticleSet SYSTEM "pubmed.dtd"><PubmedArticleSet><PubmedArticle><MedlineCitation>
<PMID>11</PMID><Article><Journal><ISSN>1234-5679</ISSN><JournalIssue><Volume>3</Volume><PubDate><Year>2019</Year><Month>Apr</Month></PubDate>
</JournalIssue><Title>Roofs</Title></Journal><ArticleTitle>{TITLE}</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>
<Abstract><AbstractText>{TEXT}</AbstractText></Abstract><AuthorList><Author><LastName>Fern</LastName><ForeName>Otto</ForeName></Author>
<Author><LastName>Reed</LastName><ForeName>Ina</ForeName></Author></AuthorList><PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList></Article></MedlineCitation><PubmedData><ArticleIdList>
<ArticleId IdType="doi">10.5555/m.1</ArticleId></ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>""",
    "jats": f"""<article article-type="research-article"><front><journal-meta><journal-title-group><journal-title>Roofs</journal-title>
</journal-title-group></journal-meta><article-meta><article-id pub-id-type="doi">10.5555/m.1</article-id><title-group><article-title>Moss on
<italic>steep</italic> roofs<xref>*</xref></article-title></title-group><contrib-group><contrib contrib-type="author"><name><surname>Fern</surname>
<given-names>Otto</given-names></name></contrib><contrib contrib-type="author"><name><surname>Reed</surname><given-names>Ina</given-names></name>
</contrib></contrib-group><pub-date pub-type="epub"><year>2019</year></pub-date><volume>3</volume><fpage>1</fpage><lpage>9</lpage>
<abstract><p>{TEXT}</p></abstract></article-meta></front><body><p>Body.</p></body></article>""",
    "atom": f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title><entry><id>http://arxiv.org/abs/1904.00001v2</id>
<published>2019-04-01T00:00:00Z</published><title>Moss on\n  steep roofs</title><summary>{TEXT}</summary><author><name>Otto Fern</name></author>
<author><name>Ina Reed</name></author><arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.5555/m.1</arxiv:doi><category term="cs.LG"/>
</entry></feed>""",
    "endnote": f"""<?xml version="1.0" encoding="UTF-8"?><xml><records><record><ref-type name="Journal Article">17</ref-type><contributors>
<authors><author><style face="normal">Fern, Otto</style></author><author><style>Reed, Ina</style></author></authors></contributors><titles><title>
<style>Moss on </style><style face="italic">steep</style><style> roofs</style></title></titles><periodical><full-title>Roofs</full-title>
</periodical><pages>1-9</pages><volume>3</volume><dates><year>2019</year></dates><electronic-resource-num>10.5555/m.1</electronic-resource-num>
<abstract><style>{TEXT}</style></abstract></record></records></xml>""",
    "mods": f"""<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods ID="fern-2019"><titleInfo><title>{TITLE}</title></titleInfo>
<name type="personal"><namePart type="given">Otto</namePart><namePart type="family">Fern</namePart><role><roleTerm>author</roleTerm></role></name>
<name type="personal"><namePart type="given">Ina</namePart><namePart type="family">Reed</namePart></name><abstract>{TEXT}</abstract>
<originInfo><dateIssued>2019-04</dateIssued></originInfo><identifier type="doi">10.5555/m.1</identifier><relatedItem type="host"><titleInfo>
<title>Roofs</title></titleInfo></relatedItem></mods></modsCollection>""",
    "europe pmc": f"""<responseWrapper><resultList><result><id>1</id><doi>10.5555/m.1</doi><title>{TITLE}</title><pubYear>2019</pubYear>
<authorList><author><lastName>Fern</lastName><firstName>Otto</firstName></author><author><lastName>Reed</lastName><firstName>Ina</firstName></author>
</authorList><journalTitle>Roofs</journalTitle><abstractText>{TEXT}</abstractText></result></resultList></responseWrapper>""",
    "anthology": f"""<collection id="2019.x"><volume id="1"><meta><booktitle>Roofs</booktitle><year>2019</year></meta><paper id="1">
<title>Moss on steep <fixed-case>r</fixed-case>oofs</title><author><first>Otto</first><last>Fern</last></author><author><first>Ina</first>
<last>Reed</last></author><abstract>{TEXT}</abstract><doi>10.5555/m.1</doi></paper></volume></collection>""",
    "dublin core": f"""<OAI-PMH><ListRecords><record><metadata><oai_dc:dc xmlns:oai_dc="a" xmlns:dc="b"><dc:title>{TITLE}</dc:title>
<dc:creator>Fern, Otto</dc:creator><dc:creator>Reed, Ina</dc:creator><dc:description>{TEXT}</dc:description><dc:date>2019</dc:date>
<dc:identifier>https://doi.org/10.5555/m.1</dc:identifier></oai_dc:dc></metadata></record></ListRecords></OAI-PMH>""",
}

TAGGED = {
    "web of science": f"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Fern, O\n   Reed, I\nAF Fern, Otto\n   Reed, Ina\nTI Moss on\n   steep"
    f" roofs\nSO ROOFS\nDT Article\nAB {HALF}\n   {REST}\nPD APR\nPY 2019\nVL 3\nBP 1\nEP 9\nDI 10.5555/m.1\nCR Tone E, 1999, BELLS\nER\n\nEF\n",
    "endnote": f"%0 Journal Article\n%T {TITLE}\n%A Fern, Otto\n%A Reed, Ina\n%J Roofs\n%D 2019\n%V 3\n%P 1-9\n%R 10.5555/m.1\n%X {TEXT}\n%K moss\nroofs\n",
    "refer without type": f"%A Fern, Otto\n%A Reed, Ina\n%T {TITLE}\n%J Roofs\n%D 2019\n%R 10.5555/m.1\n%X {TEXT}\n",
    "medline": f"PMID- 11\nTI  - Moss on\n      steep roofs\nDP  - 2019 Apr\nAB  - {HALF}\n      {REST}\nFAU - Fern, Otto\nAU  - Fern O\nFAU - Reed, Ina\n"
    "AU  - Reed I\nJT  - Roofs\nVI  - 3\nPG  - 1-9\nLID - 10.5555/m.1 [doi]\n",
    "cochrane": f"Record #1 of 1\nID: CN-1\nAU: Fern, Otto\nAU: Reed, Ina\nTI: {TITLE}\nSO: Roofs\nYR: 2019\nVL: 3\nPG: 1-9\nDOI: 10.5555/m.1\nAB: {TEXT}\n",
    "proquest": f"TI: {TITLE}\nAU: Fern, Otto; Reed, Ina\nSO: Roofs\nPY: 2019\nDO: 10.5555/m.1\nAB: {TEXT}\nDE: moss; roofs\n",
    "ovid": f"<1>\nUnique Identifier\n  11\nTitle\n  {TITLE}\nSource\n  Roofs. 3(2):1-9, 2019 Apr.\nAuthor\n  Fern, Otto; Reed, Ina\nAbstract\n  {TEXT}\n"
    "Digital Object Identifier\n  10.5555/m.1\n",
    "ovid tags": f"<1. >\nVN  - Ovid Technologies\nDB  - Journals@Ovid\nAU  - Fern, Otto 1,2,*\nAU  - Reed, Ina 2\nTI  - {TITLE}  [Article]\nYR  - 2019\n"
    f"SO  - Roofs April 2019;3(2):1-9\nAB  - {TEXT}\nDI  - 10.5555/m.1\n",
    "embase": f"RECORD 1\n\nTITLE\n{TITLE}\n\nAUTHOR NAMES\nFern, Otto; Reed, Ina\n\nSOURCE\nRoofs (2019) 3:2 (1-9)\n\nABSTRACT\n{TEXT}\n\nDOI\n10.5555/m.1\n",
    "refworks": f"RT Journal Article\nSR Print(0)\nID 1\nA1 Fern,Otto\nA1 Reed,Ina\nT1 {TITLE}\nJF Roofs\nYR 2019\nVO 3\nSP 1\nOP 9\nDO 10.5555/m.1\nAB {TEXT}\n",
    "ris, one space": f"TY - JOUR\nTI - {TITLE}\nAU - Fern, Otto\nAU - Reed, Ina\nPY - 2019\nDO - 10.5555/m.1\nAB - {TEXT}\nER -\n",
    "ris, no space": f"TY  -JOUR\nTI  -{TITLE}\nAU  -Fern, Otto\nAU  -Reed, Ina\nPY  -2019\nDO  -10.5555/m.1\nAB  -{TEXT}\nER  -\n",
    "ris, type late": f"AU  - Fern, Otto\nAU  - Reed, Ina\nTI  - {TITLE}\nTY  - JOUR\nPY  - 2019\nDO  - 10.5555/m.1\nAB  - {TEXT}\nER  - \n",
    "ris, numbered": f"1. \nTY  - JOUR\nT1  - {TITLE}\nA1  - Fern, Otto\nA1  - Reed, Ina\nY1  - 2019//\nN2  - {TEXT}\nM3  - http://dx.doi.org/10.5555/m.1\n"
    "ER  - \n\nLink to the full text: none\n\nSearch Strategy:\n----\n1 moss.mp.\n",
    "csl-yaml": f"---\nreferences:\n- id: fern2019\n  type: article-journal\n  title: {TITLE}\n  author:\n  - family: Fern\n    given: Otto\n  - family: Reed\n"
    f"    given: Ina\n  issued:\n    date-parts:\n    - - 2019\n      - 4\n  container-title: Roofs\n  DOI: 10.5555/m.1\n  abstract: >-\n    {TEXT}\n...\n",
}  # fmt: skip

TABLES = {
    "scopus": f'"Authors","Author full names","Title","Year","Source title","Volume","DOI","Abstract"\n"Fern O.; Reed I.","Fern, Otto (57200000001); Reed, Ina '
    f'(57200000002)","{TITLE}","2019","Roofs","3","10.5555/m.1","{TEXT}"\n',
    "first column empty": f'Author full names,Authors,Title,Year,Source title,DOI,Abstract\n"","Fern, Otto; Reed, Ina",{TITLE},2019,Roofs,10.5555/m.1,"{TEXT}"\n',
    "zotero": f'"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Abstract Note","Date"\n"AB12","journalArticle","2019",'
    f'"Fern, Otto; Reed, Ina","{TITLE}","Roofs","10.5555/m.1","{TEXT}","2019-04"\n',
    "dimensions": f'"About the data: Exported on Apr 07, 2023; criteria: ""moss"""\nRank,Publication ID,DOI,Title,Abstract,Source title,PubYear,Authors\n1,pub.1,'
    f'10.5555/m.1,"{TITLE}","{TEXT}",Roofs,2019,"Fern, Otto; Reed, Ina"\n',
    "sep line": f"sep=;\nTitle;Authors;Year;Journal;DOI;Abstract\n{TITLE};Otto Fern and Ina Reed;2019;Roofs;10.5555/m.1;{TEXT}\n",
    "web of science": f"PT\tAF\tTI\tSO\tAB\tPY\tDI\nJ\tFern, Otto; Reed, Ina\t{TITLE}\tRoofs\t{TEXT}\t2019\t10.5555/m.1\t\n",
    "covidence": f'Title,Authors,Abstract,Published Year,Journal,DOI,Covidence #\n"{TITLE}","Fern, Otto; Reed, Ina","{TEXT}",2019,Roofs,10.5555/m.1,#1\n',
    "rayyan": f'key,title,authors,journal,year,doi,abstract\n1,"{TITLE}","Fern, Otto and Reed, Ina",Roofs,2019,10.5555/m.1,"{TEXT}"\n',
    "openalex": f'id,doi,title,publication_year,primary_location.source.display_name,authorships.author.display_name,abstract\nW1,https://doi.org/10.5555/m.1,'
    f'"{TITLE}",2019,Roofs,Otto Fern|Ina Reed,"{TEXT}"\n',
    "row numbers": f'"Title","Authors","Year","Journal","DOI","Abstract"\n"1","{TITLE}","Fern, Otto; Reed, Ina",2019,"Roofs","10.5555/m.1","{TEXT}"\n',
}  # fmt: skip
