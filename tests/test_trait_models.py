"""Trait models: by scikit-learn's rules, with the weight of each like, and told what they are."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, hstack
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_factors import NOT_HERE

from ethics_lib.factors import LikesSVD
from ethics_lib.tables import TableError, UnknownNameError
from ethics_lib.trait_models import REGRESSIONS, TraitModel, linear_form, tell_traits

N, ITEMS = 300, 60


@pytest.fixture(scope="module")
def likes():
    """Three dispositions decide what 300 people like among 60 things."""
    rng = np.random.default_rng(7)
    taste = rng.normal(size=(3, ITEMS))
    chance = 1 / (1 + np.exp(-(dispositions() @ taste - 1)))
    return csr_array((rng.random((N, ITEMS)) < chance).astype(np.float32))


def dispositions():
    return np.random.default_rng(8).normal(size=(N, 3))


@pytest.fixture(scope="module")
def answers():
    """Two words, three words, a number."""
    first, second, _ = dispositions().T
    third = np.where(first > 0.5, "high", np.where(first < -0.5, "low", "middle"))
    return pd.DataFrame(
        {"faith": np.where(first > 0, "Tide", "Lantern"), "third": third, "openness": second}
    )


@parametrize_with_checks(
    [
        TraitModel(),
        TraitModel(estimator=Ridge(1.0)),
        TraitModel("passthrough", LogisticRegression()),
    ]
)
def test_the_model_keeps_the_rules_of_scikit_learn(estimator, check):
    if check.func.__name__ not in NOT_HERE:
        check(estimator)


def test_it_is_what_its_estimator_is():
    assert is_classifier(TraitModel()) and not is_regressor(TraitModel())
    number = TraitModel(estimator=Ridge())
    assert is_regressor(number) and not is_classifier(number)
    assert not hasattr(number, "predict_proba") and not hasattr(number, "decision_function")
    assert hasattr(TraitModel(), "predict_proba")
    assert not hasattr(TraitModel(estimator=LinearSVC()), "predict_proba")


def test_it_tells_words_and_numbers(likes, answers):
    assert TraitModel(LikesSVD(5)).fit(likes, answers["faith"]).score(likes, answers["faith"]) > 0.8
    number = TraitModel(LikesSVD(5), Ridge()).fit(likes, answers["openness"])
    assert number.score(likes, answers["openness"]) > 0.5
    three = TraitModel(LikesSVD(5)).fit(likes, answers["third"])
    assert three.classes_.tolist() == ["high", "low", "middle"]
    assert three.predict_proba(likes).sum(axis=1) == pytest.approx(1)


def test_it_goes_where_estimators_go(likes, answers):
    """Cloned, in a pipeline, in a search over knobs of both of its parts."""
    model = TraitModel(LikesSVD(5), LogisticRegression())
    piped = make_pipeline("passthrough", clone(model)).fit(likes, answers["faith"])
    own = clone(model).fit(likes, answers["faith"])
    assert np.array_equal(piped.predict_proba(likes), own.predict_proba(likes))
    grid = {"reducer__n_components": [1, 5], "estimator__C": [0.01, 1.0]}
    search = GridSearchCV(model, grid, cv=3, scoring="roc_auc").fit(likes, answers["faith"])
    assert search.best_params_["reducer__n_components"] == 5
    assert not hasattr(model, "estimator_")


def test_calibrated_probabilities_come_true_as_often_as_they_say(likes, answers):
    """Naive Bayes takes each like of four copies for news, and is far too sure of itself."""
    copies = hstack([likes] * 4, format="csr")

    def boast(model):
        folds = StratifiedKFold(5)
        p = cross_val_predict(model, copies, answers["faith"], cv=folds, method="predict_proba")
        tide = (answers["faith"] == "Tide").to_numpy()
        return np.mean((p[:, 1] - tide) ** 2)

    for way in ("sigmoid", "isotonic"):
        model = TraitModel("passthrough", BernoulliNB(), calibration=way)
        assert boast(model) < boast(TraitModel("passthrough", BernoulliNB()))


@pytest.mark.parametrize(
    "reducer",
    [None, LikesSVD(5, damped=False, standardised=False), TruncatedSVD(5, random_state=0), PCA(5)],
    ids=["published", "raw", "TruncatedSVD", "PCA"],
)
@pytest.mark.parametrize("trait", ["faith", "third", "openness"])
def test_weights_add_up_to_the_score(likes, answers, reducer, trait):
    X = likes.toarray() if isinstance(reducer, PCA) else likes
    estimator = Ridge() if trait == "openness" else None
    model = TraitModel(reducer, estimator).fit(X, answers[trait])
    score = model.predict(X) if trait == "openness" else model.decision_function(X)
    for row in (0, 17, 200):
        mine = X[[row]]
        if trait == "openness":
            totals = {None: score[row]}
        elif trait == "faith":
            totals = {"Lantern": -score[row], "Tide": score[row]}
        else:
            totals = dict(zip(model.classes_, score[row], strict=True))
        for value, total in totals.items():
            why = model.explain(mine, value=value)
            assert why["weight"].sum() == pytest.approx(total, abs=1e-6)
            assert set(why["item"].dropna()) == set(likes[[row]].indices)
            assert why["weight"].abs().is_monotonic_decreasing
        best = max(totals, key=totals.get)
        pd.testing.assert_frame_equal(model.explain(mine), model.explain(mine, value=best))


def test_a_model_of_the_likes_themselves_is_explained_by_its_coefficients(likes, answers):
    model = TraitModel("passthrough", LogisticRegression()).fit(likes, answers["faith"])
    why = model.explain(likes[[3]], value="Tide").set_index("item")["weight"]
    for item in likes[[3]].indices:
        assert why[item] == pytest.approx(model.estimator_.coef_[0, item])
    assert why[why.index.isna()].item() == pytest.approx(model.estimator_.intercept_[0])


def test_a_row_may_be_typed_by_hand_or_have_names(likes, answers):
    frame = pd.DataFrame(likes.toarray()).add_prefix("page ")
    model = TraitModel(LikesSVD(5)).fit(frame, answers["faith"])
    named = model.explain(frame.iloc[[4]])
    plain = TraitModel(LikesSVD(5)).fit(likes, answers["faith"])
    pd.testing.assert_frame_equal(named, plain.explain(likes.toarray()[4].tolist()))


def test_of_a_stranger_only_what_is_said_of_everybody_is_known(likes, answers):
    """Nobody liked item 0 while it learned; whoever likes that alone, or nothing, is average."""
    dense = likes.toarray()
    dense[:, 0] = 0
    number = TraitModel(LikesSVD(5), Ridge()).fit(dense, answers["openness"])
    strangers = np.zeros((2, ITEMS))
    strangers[1, 0] = 1
    assert number.predict(strangers) == pytest.approx(answers["openness"].mean(), abs=1e-5)
    nothing, unseen = (number.explain(row) for row in strangers)
    assert nothing["item"].isna().tolist() == [True]
    assert nothing["weight"].sum() == pytest.approx(answers["openness"].mean(), abs=1e-5)
    assert unseen.set_index("item").loc[0, "weight"] == 0
    assert unseen["weight"].sum() == pytest.approx(nothing["weight"].sum())
    word = TraitModel(LikesSVD(5)).fit(dense, answers["faith"])
    share = (answers["faith"] == "Tide").mean()
    assert word.predict_proba(strangers)[:, 1] == pytest.approx(share, abs=0.1)


def test_parts_fitted_elsewhere_can_be_joined(likes, answers):
    whole = TraitModel(LikesSVD(5)).fit(likes, answers["faith"])
    joined = TraitModel(LikesSVD(5)).assemble(whole.reducer_, whole.estimator_)
    assert np.array_equal(joined.predict_proba(likes), whole.predict_proba(likes))
    pd.testing.assert_frame_equal(joined.explain(likes[[9]]), whole.explain(likes[[9]]))


def test_what_is_no_sum_is_not_explained(likes, answers):
    faith = answers["faith"]
    row = likes[[0]]
    for estimator in (RandomForestClassifier(5, random_state=0), BernoulliNB()):
        model = TraitModel(LikesSVD(5), estimator).fit(likes, faith)
        with pytest.raises(TableError, match=r"has no weight .* What can be explained is a sum"):
            model.explain(row)
    with pytest.raises(TableError, match=r"CalibratedClassifierCV has .* without calibration"):
        TraitModel(LikesSVD(5), calibration="sigmoid").fit(likes, faith).explain(row)
    for reducer in (NMF(3, random_state=0, max_iter=2000), TfidfTransformer()):
        with pytest.raises(TableError, match=r"does not add likes up.* such as LikesSVD"):
            TraitModel(reducer).fit(likes, faith).explain(row)


def test_what_cannot_be_learnt_is_refused(likes, answers):
    faith = answers["faith"]
    with pytest.raises(TableError, match=r"y: one class only: all 300 answers are Tide"):
        TraitModel().fit(likes, ["Tide"] * N)
    with pytest.raises(TableError, match=r"estimator: KMeans neither classifies nor regresses"):
        TraitModel(estimator=KMeans(2)).fit(likes, faith)
    with pytest.raises(TableError, match=r"calibration='sigmoid': Ridge gives numbers"):
        TraitModel(estimator=Ridge(), calibration="sigmoid").fit(likes, answers["openness"])
    with pytest.raises(UnknownNameError, match=r"calibration 'sigmod' .* Did you mean 'sigmoid'"):
        TraitModel(calibration="sigmod").fit(likes, faith)
    with pytest.raises(UnknownNameError, match=r"reducer 'none' does not exist"):
        TraitModel("none").fit(likes, faith)
    model = TraitModel(LikesSVD(5)).fit(likes, faith)
    with pytest.raises(TableError, match=r"row: 300 people; explain one at a time"):
        model.explain(likes)
    with pytest.raises(UnknownNameError, match=r"value 'Tid' .* Did you mean 'Tide'"):
        model.explain(likes[[0]], value="Tid")
    with pytest.raises(ValueError, match=r"X has 59 features, but TraitModel is expecting 60"):
        model.predict(likes[:, :59])


def test_a_linear_form_holds_the_scores(likes, answers):
    points = LikesSVD(5).fit_transform(likes)
    for trait in ("faith", "third"):
        model = LogisticRegression().fit(points, answers[trait])
        form = linear_form(model)
        odds = np.exp(form.intercept + points @ form.coefficients)
        p = odds / odds.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(p, model.predict_proba(points), atol=1e-10)
    form = linear_form(LinearRegression().fit(points, answers["openness"]))
    assert form.classes == [] and form.coefficients.shape == (5, 1)


def test_traits_are_told_by_models_that_had_not_heard_the_answer(likes, answers):
    points = LikesSVD(5).fit_transform(likes)
    told = answers[["faith", "openness"]].copy()
    told.loc[told.index % 3 == 0, "faith"] = np.nan  # not everybody answers
    table = tell_traits(points, told, folds=5).set_index("trait")
    assert table["metric"].to_dict() == {"faith": "auc", "openness": "r"}
    assert table["n"].to_dict() == {"faith": 200, "openness": 300}
    said = told["faith"].dropna()
    score = cross_val_predict(
        REGRESSIONS["words"],
        points[said.index],
        said == "Tide",
        cv=StratifiedKFold(5),
        method="decision_function",
    )
    assert table.loc["faith", "estimate"] == roc_auc_score(said == "Tide", score)
    assert table.loc["openness", "estimate"] > 0.5
    forest = RandomForestClassifier(20, random_state=0)
    assert tell_traits(points, told[["faith"]], estimator=forest)["estimate"].item() > 0.7


def test_an_answer_drawn_by_chance_is_not_told():
    """Each person has a mark of their own, so only a model that saw the answer could know it."""
    rng = np.random.default_rng(7)
    marks = np.eye(200)
    answers = pd.DataFrame({"coin": rng.permutation(np.repeat(["heads", "tails"], 100))})
    eager = LogisticRegression(C=100)
    assert tell_traits(marks, answers, estimator=eager)["estimate"].item() < 0.6


def test_answers_that_do_not_suit_are_refused(likes, answers):
    points = LikesSVD(5).fit_transform(likes)
    with pytest.raises(TableError, match=r"answers: 299 rows, and there are 300 of points"):
        tell_traits(points, answers.iloc[1:])
    with pytest.raises(TableError, match=r"answers: 'third' holds high: \d+, low: .* Two values"):
        tell_traits(points, answers[["third"]])
    few = answers[["faith"]].where(answers["faith"].eq("Tide") | (answers.index < 9))
    with pytest.raises(TableError, match=r"'faith' holds Lantern: \d, Tide: \d+.* 10 people"):
        tell_traits(points, few)
