"""Word lists for taking glued headings apart: how titles end, and how given names begin. Hints, never conditions."""

# ruff: noqa: SIM905 - word lists read best as running text

from __future__ import annotations

import re

ENDINGS = frozenset(
    """ability abstract abstraction access accuracy action adapter adapters agent agents algorithm algorithms alignment all
    analysis anchors answer answering answers application applications approach approaches architecture architectures article
    ask attack attacks attention audio autoencoder autoencoders bandits base baseline baselines belief benchmark benchmarks bias
    biases bounds brain budget calibration cancer capabilities captioning captions case cases chat chatbots choice
    classification classifier classifiers cloud clouds clustering code coding color communication complexity compression
    computation computing concepts constraints context control convergence conversation conversations corpora corpus cost costs
    data database databases dataflow dataset datasets debate deep demand demonstrations depth design detection device devices
    dialog dialogue dialogues diffusion dimension dimensions distillation distribution distributions document documents domain
    domains driving dynamics edge education embedding embeddings encoder encoders energy engine engines english environment
    environments equation equations error errors estimate estimates estimation ethics evaluation evidence evolution example
    examples experience experiences expert experts explanation explanations exploration extraction face faces fact factor
    factors facts fairness far feature features federated feed feedback field fields film flow flows forecasting forest forests
    forward framework frameworks function functions fusion future game games generalization generation generator generators
    glance glove go good gradient gradients grammar graph graphs guide hand harm heads health help here hierarchies human humans
    identification image imagery images inference information instruction instructions intelligence interaction interactions
    interface interfaces judge kernel kernels knowledge label labels language languages large law laws layer layers leakage
    learn learner learners learning length lens level levels lie lies life light limit limits line linguistics literature
    localization logic loop loss losses machine machines made manifold manifolds many map mapping maps market markets matching
    mathematics matrices matter mean means measure measures mechanism mechanisms medicine memories memory message messages meta
    method methods metric metrics mind minute minutes mixture mixtures mobile modality mode model modeling modelling models
    modules more motion music need needs net nets network networks neural news noise norm normalization not nothing now number
    numbers object objects observation observations one ones online optimization optimizer oracle order orders outlook overview
    own page parameter parameters parser parsers parsing part parts past path paths pattern patterns people perception
    performance perspective perspectives photo photos physics planning play plus point points policies policy pose position
    power practice predict prediction predictions preference preferences presence pretraining prior priors privacy probe problem
    problems procedure process processes processing program programs project prompt prompts proof proofs protein proteins
    pruning quality quantization queries query question questions radiance random rank ranking rate rates read readers reasoners
    reasoning recognition recommendation recommender recommenders reconsidered reconstruction redundancy regression
    regularization reinforcement relation relations reliability report representation representations requests research
    resolution resource resources results retrieval retrievers revisited reward rewards right risk road roadmap robot robotics
    robots robustness role roles rule rules safety sample samples sampling scale scaling scene scenes science score scores
    scratch search security segmentation self semantics sense sentence sentences sequence sequences server service set sets
    setting settings shape shapes shift shot shots signal signals similarity simulation size skill skills social software
    solution solutions solver solvers sound source sources space spaces speech speed sql start state states statistics step
    steps story strategies strategy stream streams strength structure structures students studies study style summaries
    summarization summary supervision surface survey symmetry synthesis system systems table tables target task tasks teacher
    teachers team technique techniques technologies technology test tests text texts theorem theory think thought thoughts time
    times today together token tokens tool toolkit tools topic topics torch track tracker tracking trade trained training
    transfer transformer transformers transition translation translator transport tree trees trial trials trick tricks trust
    truth tuning tutorial two uncertainty understanding universe unlearning up use user users value values variable variables
    variance vectors verification verifiers video videos view views vision visual voice walk walks want warming water wave waves
    way web weight weights while wild window word words work workers workflow workflows world worlds worth writing wrong years
    you zoo""".split()
)

# A row of letters that ends as English nouns, adjectives and verbs do.
WORDLIKE = re.compile(
    r"(?i)^.{2,}(?:ing|tions?|sions?|ments?|ness|(?:it|log|graph|nom|ar|or|er|et)y|ities|ics?|isms?|[ae]nces?|[aeo]rs?|ures?|ages?"
    r"|als?|ives?|ed|ly|[sx]is|[sx]es|works?|ples?|[dgklmnprtw]s|[aeio]?tes?|[aei]bles?|ful|less|[ae]nts?|ous|ists?|ish|ships?|wards?|wise|like|based|aware|free|scale|ware|nets?)$"
)

GIVEN = frozenset(
    """aaron abhishek adam aditya ahmed aidan aisha ajay akari akash alan albert alec alejandro aleksander alessandro alex
    alexander alexandra alexei alexey alexis alfred ali alice alicia alina alison amanda amir amit amy ana anastasia anders
    andre andrea andreas andrei andrej andres andrew andrey andy angela angelos anil anirudh anita anja anna anne annie anthony
    antoine anton antonio anuj arash armand arthur arun arvind ashish ashley ashwin aurelien austin aäron barbara ben benjamin
    benoit bernard bernhard bharath bjorn björn bob bogdan boris brad brandon brendan brenden brian bruno bryan camille carl
    carla carlos carolina caroline catherine cecilia celine cesar charles charlotte chelsea chris christian christina christine
    christoph christopher claire clara claudia claudio clement colin connor craig cristian cynthia dale damien dan dana daniel
    daniela danielle danny daphne dario david davide dawn deborah deepak denis dennis derek devi diana diederik diego dieter
    dimitris dmitri dmitry dominik donald dorottya doug douglas duc dylan edoardo eduardo edward edwin eleanor elena eleni elias
    elizabeth ellen emanuele emily emma emmanuel eric erica erik erin ernest ethan eugene eva evan fabian fabio fatima federico
    felix fernando filip florian francesco francis francisco francois frank franz frederic gabriel gabriela gary gaurav geoffrey
    georg george georgia georgios gerald gilles giorgio giovanni giulia giuseppe grace graham greg gregory guillaume gustavo
    günter hamed hannah hans harold harry harsh heather helen henrik henry hieu hiroki hiroshi hugo hussein hyunjin ian ibrahim
    igor ilya ines ioannis irene irina isaac isabel isabelle ivan jack jacob jakob jakub james jamie jan jane janet jared jason
    javier jay jean jeff jeffrey jennifer jeremy jerome jerry jesse jessica jim jinyoung jisoo joan joao joel johan johann
    johannes john johnny jon jonas jonathan jordan jorge jose josef joseph josh joshua juan judea judith julia julian julie
    julien jun jurgen justin jörg jürgen kaiming karan karen karl karthik katarina kate katherine kathleen kathryn katja kazuki
    keith kelly kelvin ken kenji kenneth kevin kim kiran kirill klaus konstantin kristen kristina krzysztof kumar kurt kyle
    kyunghyun lars laura lauren laurence laurens laurent laurie lea leo leon leonardo leslie lily linda linh lisa lorenzo louis
    luca lucas lucy luis lukas luke léon maarten madhav magnus mahdi manuel marc marcel marcin marco marcos marcus margaret
    maria marie marina mario marion mark markus martha martin mary masashi mathieu matt matteo matthew matthias matthieu max
    maxim maximilian megan mehdi mei melanie melissa michael michal michel michele miguel mike mikhail milan mina minh minjae
    minjoon mohamed mohammad mohammed mohit monica morgan muhammad murray nadia naman nando naoki natalia natalie nathan neil
    nelson nguyen nicholas nick nicola nicolas nicole niki nikita nikola nikolai nils nina nisha noah noam olga oliver olivier
    omar oren oriol oscar pablo paolo pascal patricia patrick paul paula pavel pedro percy peter philip philipp philippe phuong
    pierre piotr prateek priya quan quentin quoc rachel radu rafael raghav rahul raj rajesh ralf ramesh raphael raul ravi
    rebecca regina renata rene ricardo richard rob robert roberta roberto robin rodrigo roger rohan roland roman ron ronald rosa
    ross ruslan russell ruth ryan ryo sachin sam samantha samir samuel sandeep sandra sanjay sanjeev santiago sara sarah sascha
    satoshi satya scott sean sebastian sepp serena serge sergey sergio seth seungwoo shai shane shannon sharon shaun shinji
    shreya shruti shunsuke silvia simon simone sofia sonia sophia sophie soumith stan stefan stefano steffen stella stephane
    stephanie stephen steve steven stuart subhash sumit sungjin sunil susan suzanne sven sylvain sylvia sébastien søren taehoon
    takashi takeshi takuya tamara tanya tara tatiana taylor ted teresa terry thanh theodore thibaut thierry thomas tiago tien
    tim timo timothy tobias tolga tom tomas tomaso tomasz tomoki tony travis trevor tristan trung tuan tyler valentin valentina
    vanessa varun vasilis veronica victor victoria vijay vikas vikram viktor vinay vincent virginia vladimir volodymyr walter
    wendy werner wilhelm will willem william wolfgang woojin xavier yann yannick yasmin yoav yoon yoshua youngjae yuki yulia
    yuri yusuf yusuke yuta yves zachary zeynep zoe zoubin álvaro ángel åsa édouard élise émile éric étienne óscar özgür özlem
    ørjan łukasz şebnem""".split()
)

_INITIAL = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])"
_FINAL = "(?:i?ang|i?ong|iao|uang|ang|eng|ing|ian|uan|uai|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ue|ui|er|a|e|i|o|u|ü)"
# One to three syllables, so that most Chinese given names match, and few English nouns that end titles.
PINYIN = re.compile(rf"{_INITIAL}?{_FINAL}(?:-?{_INITIAL}{_FINAL}){{0,2}}")
