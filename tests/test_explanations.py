"""Explanations: for every way to make a belief, its reasons add up to what is believed."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from handmade import make_known
from scipy.special import softmax
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from ethics_lib.behaviours import explain_behaviour, outcomes, predict_behaviour
from ethics_lib.beliefs import explain, infer, infer_interests, likes_matrix
from ethics_lib.consents import ask_consent
from ethics_lib.factors import LikesSVD
from ethics_lib.graph_learners import (
    LINK,
    HarmonicField,
    LocalGlobalConsistency,
    NeighbourVote,
    PersonalisedPageRank,
    TwoHopVote,
)
from ethics_lib.interest_models import MODELS
from ethics_lib.joint_models import JointModel
from ethics_lib.origins import explain_interest
from ethics_lib.personas import make_personas
from ethics_lib.propagation import explain_friends, propagate
from ethics_lib.shadows import explain_shadow, shadow_profiles
from ethics_lib.tables import TableError, UnknownNameError, check_table, concat, to_csr
from ethics_lib.traces import ContactUpload, Pixel, Platform, collect
from ethics_lib.trait_models import TraitModel
from ethics_lib.walks import METHODS
from ethics_lib.world import YEAR, make_world

HOLDER = "Murmur"
TRAITS = ("faith", "third", "openness")  # of two values, of three, and a number
LEARNERS = (
    HarmonicField(),
    LINK(),
    LocalGlobalConsistency(alpha=0.8),
    NeighbourVote(),
    PersonalisedPageRank(),
    TwoHopVote(),
    JointModel(components=9),
)
OF_WORDS = {
    "svd": None,
    "svd, plain": TraitModel(LikesSVD(9, damped=False, standardised=False)),
    "svd, in blocks": TraitModel(LikesSVD(9, algorithm="krylov")),
    "another reducer": TraitModel(TruncatedSVD(9, random_state=0)),
    "no reducer": TraitModel("passthrough"),
    "an estimator": LogisticRegression(C=0.1),
}
OF_NUMBERS = {
    "svd": None,
    "ridge": TraitModel(LikesSVD(9), Ridge(10)),
    "another reducer": TraitModel(TruncatedSVD(9, random_state=0), LinearRegression()),
}


@cache
def town():
    """A town of which a platform, its pixel and everybody's address book tell."""
    world = make_world(300, members=1, disclosure=0.6, rng=7)
    agreed = ask_consent(
        world.people,
        holder=HOLDER,
        purposes=["service", "contacts"],
        how="terms",
        time=YEAR,
        rng=0,
    )
    collectors = [Platform(HOLDER), Pixel(HOLDER, reach=0.7, waits=False), ContactUpload(HOLDER)]
    return world, collect(world, agreed, collectors)


@cache
def said(trait):
    world, _ = town()
    if trait != "third":
        return world.reports.query("trait == @trait")[["person", "trait", "value"]]
    third = pd.cut(world.people["d0"], [-9, -0.4, 0.4, 9], labels=["low", "mid", "high"])
    return make_known(third.astype(str).iloc[:150].to_dict(), trait)


def some(beliefs, n=2):
    """A few of those who are judged, from all over the table, and what is believed of each."""
    judged = beliefs[beliefs["method"] != "prior"]
    people = judged["person"].unique()
    for person in people[:: max(1, len(people) // n)][:n]:
        mine = judged[judged["person"] == person]
        number = mine["p"].isna().all()
        yield person, mine["value"].item() if number else mine.set_index("value")["p"]


def total(why):
    check_table(why, "explanation")
    return why["weight"].sum()


def close(found, believed):
    np.testing.assert_allclose(found, believed, rtol=0, atol=1e-6)


def log_odds(p):
    return np.log(p) - np.log1p(-p)


# ------------------------------------------------------------------------ from what people did


@pytest.mark.parametrize(
    ("trait", "name"),
    [*(("faith", name) for name in OF_WORDS), ("third", "svd"), ("third", "an estimator")],
)
def test_what_is_inferred_of_words(name, trait):
    """Of two values the log-odds; of three the scores before the softmax."""
    model, (_, held), known = OF_WORDS[name], town(), said(trait)
    for person, p in some(infer(held.traces, known, holder=HOLDER, model=model)):
        ask = {"person": person, "trait": trait, "model": model}
        scores = [total(explain(held.traces, known, value=value, **ask)) for value in p.index]
        close(scores if len(p) == 2 else softmax(scores), log_odds(p) if len(p) == 2 else p)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_what_is_inferred_of_numbers(name):
    model, (_, held), known = OF_NUMBERS[name], town(), said("openness")
    for person, number in some(infer(held.traces, known, holder=HOLDER, model=model)):
        ask = {"person": person, "trait": "openness", "model": model}
        close(total(explain(held.traces, known, **ask)), number)


@pytest.mark.parametrize(
    ("method", "prior"), [("share", 0), *((method, 10) for method in ("share", *MODELS))]
)
def test_what_interests(method, prior):
    """The likeliest topic, the least likely, and one between, drawn towards the town."""
    (world, held), ask = town(), {"method": method, "prior": prior}
    for person, p in some(infer_interests(held.traces, world.items, holder=HOLDER, **ask)):
        ask["person"] = person
        close(total(explain_interest(held.traces, world.items, **ask)), p.max())
        for topic in (p.idxmin(), "chess"):
            close(total(explain_interest(held.traces, world.items, topic=topic, **ask)), p[topic])


@pytest.mark.parametrize("method", MODELS)
def test_the_reasons_for_an_interest_are_those_of_the_model(method):
    world, held = town()
    likes = likes_matrix(held.traces)
    model = clone(MODELS[method]).fit(likes.matrix)
    topics = world.items["topic"].loc[likes.items]
    for row in (0, 150, 299):
        why = explain_interest(
            held.traces,
            world.items,
            person=likes.people[row],
            topic="chess",
            method=method,
            prior=0,
        )
        own = model.explain(likes.matrix[[row]], (topics == "chess").to_numpy())
        own = own[(own["weight"] != 0) | own["item"].isna()]
        if own["weight"].sum() <= 0:  # then such an interest is believed by nobody
            assert why["weight"].sum() == 0
            continue
        item = pd.Series(likes.items)
        own = own["weight"].groupby(own["item"].map(item), dropna=False).sum() / own["weight"].sum()
        why = why["weight"].groupby(why["item"], dropna=False).sum() / why["weight"].sum()
        close(why.sort_index().to_numpy(), own.sort_index().to_numpy())


@pytest.mark.parametrize("with_personas", [False, True])
@pytest.mark.parametrize("behaviour", ["buy", "leave"])
def test_what_is_foretold(behaviour, with_personas):
    """The log-odds of a yes, of people of whom it was known how it went and of others."""
    world, held = town()
    went = outcomes(world, behaviour=behaviour, after="2025-03-01")
    did, asked = np.random.default_rng(7).random((2, len(went)))  # by chance: few of 300 leave
    known = went.assign(value=np.where(did < 0.3, "yes", "no"))[asked < 0.5]
    believed = infer(held.traces, concat([said("faith"), said("openness")], "known"), holder=HOLDER)
    ask = {"items": world.items, "asof": "2025-09-01", "days": 200}
    ask |= {"personas": make_personas(believed) if with_personas else None}
    beliefs, is_known = predict_behaviour(held.traces, known, holder=HOLDER, **ask), []
    for person, p in some(beliefs, 7):
        is_known.append(person in known["person"].to_numpy())
        why = explain_behaviour(held.traces, known, person=person, **ask)
        close(total(why), log_odds(p["yes"]))
        assert why["weight"].abs().sort_values().iloc[-2] > 0.01  # not all is usual
    assert 1 < sum(is_known) < len(is_known) - 1


# ------------------------------------------------------------------------------- from friends


def friends_say(method, trait, known, ties):
    """What the reasons of `explain_friends` have to add up to, of everybody by person."""
    people = pd.Index(np.unique(np.concatenate([known["person"], ties["a"], ties["b"]])))
    beliefs = propagate(known, ties, holder=HOLDER, method=method, people=people)
    for person, believed in some(beliefs):
        if trait == "openness":
            yield person, believed
        elif method == "link" and trait == "faith":
            yield person, log_odds(believed.max())
        elif method == "link":
            yield person, link_score(known, ties, people, person, believed)
        else:
            yield person, believed.max()


def link_score(known, ties, people, person, believed):
    """The score of the likeliest of three values; the belief holds only differences of scores."""
    from ethics_lib.walks import link_model

    friends, rows = to_csr(ties, people), people.get_indexer(known["person"])
    answers = np.zeros((len(people), len(believed)), dtype=np.float32)
    answers[rows, believed.index.get_indexer(known["value"])] = 1
    coefficients, intercept = link_model(friends, answers.any(axis=1), answers)
    scores = friends[[people.get_loc(person)]] @ coefficients + intercept
    close(softmax(scores[0]), believed)
    return scores.max()


@pytest.mark.parametrize("by", ["friend", "path"])
@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_passed_on_by_friends(method, trait, by):
    (_, held), known = town(), said(trait)
    for person, believed in friends_say(method, trait, known, held.ties):
        ask = {"person": person, "trait": trait, "method": method, "by": by}
        close(total(explain_friends(known, held.ties, **ask)), believed)


@pytest.mark.parametrize("trait", ["faith", "openness"])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_thought_of_people_outside(method, trait):
    """Every second person has joined; all that is known of the others stands in address books."""
    world, held = town()
    joined = pd.Series(pd.Timestamp(YEAR), world.people.index).iloc[::2]
    ask = {"holder": HOLDER, "joined": joined, "asof": pd.Timestamp(YEAR) + pd.Timedelta(days=9)}
    ask |= {"ties": held.ties, "method": method}
    beliefs = shadow_profiles(held.traces, said(trait), **ask)
    for person, believed in some(beliefs):
        why = explain_shadow(held.traces, said(trait), person=person, trait=trait, **ask)
        if trait == "faith":
            believed = believed.max()
            believed = log_odds(believed) if method == "link" else believed
        close(total(why), believed)


@pytest.mark.parametrize("by", ["friend", "path"])
@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: type(learner).__name__)
def test_what_the_learners_think(learner, trait, by):
    """`JointModel` needs likes, so no verb takes it yet: its own scores are what it believes."""
    (world, held), known = town(), said(trait)
    learner = clone(learner).set_params(numeric=trait == "openness")
    friends, answers = to_csr(held.ties, world.people.index), known.set_index("person")["value"]
    likes = likes_matrix(held.traces)
    extra = {"likes": likes.matrix} if isinstance(learner, JointModel) else {}
    assert likes.people.equals(world.people.index)
    rows = world.people.index.get_indexer(answers.index)
    learner.fit(friends, dict(zip(rows.tolist(), answers, strict=True)), **extra)
    for row in np.flatnonzero(learner.reached_)[::120]:
        sums = [learner.transduction_[row]]
        if trait == "openness":
            found = [learner.explain(row, by=by)["weight"].sum()]
        else:
            found = [learner.explain(row, label=c, by=by)["weight"].sum() for c in learner.classes_]
            sums = learner.label_distributions_[row].astype(float)
            if isinstance(learner, LINK):  # in float32 log-odds have few digits: compare p
                found = softmax(np.divide(found, 2 if len(found) == 2 else 1))
        close(found, sums)


# ----------------------------------------------------------------------- where there are none


def test_there_is_no_reason_behind_what_is_usual_or_behind_nothing():
    world, held = town()
    known, alone = said("faith"), held.ties.iloc[:0]
    with pytest.raises(TableError, match=r"no tie and gave no answer"):
        explain_friends(known, alone, person=99_999, trait="faith")
    with pytest.raises(TableError, match=r"explain_interest: person 99999 left no trace"):
        explain_interest(held.traces, world.items, person=99_999)
    with pytest.raises(UnknownNameError, match=r"topic"):
        explain_interest(held.traces, world.items, person=1, topic="chss")
    with pytest.raises(UnknownNameError, match=r"method"):
        explain_interest(held.traces, world.items, person=1, method="shares")
    with pytest.raises(TableError, match=r"known: a column 'time' says .* Ask explain_behaviour"):
        explain(held.traces, outcomes(world, behaviour="buy", after="2025-09-01"), person=1)
