"""Checks the module that `multigrade export --format sklearn` wrote, on the path,
against scikit-learn: its own checks of estimators, scores, a pipeline, a search, and
that what was saved and pickled predicts the same. The program is $MULTIGRADE."""
import os
import pickle
import tempfile
from unittest import SkipTest

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import multigrade

quick = {"grades": 1, "work": 2}
for kind in (multigrade.MultigradeRegressor, multigrade.MultigradeClassifier):
    count = 0
    for estimator, check in check_estimator(kind(**quick), generate_only=True):
        try:
            check(estimator)
            count += 1
        except SkipTest as why:
            print("skipped:", why)
    assert count > 30, count
    print(kind.__name__, "passes", count, "checks of scikit-learn")

x, species = load_iris(return_X_y=True)
x0 = x
names = np.array(["setosa", "versicolor", "virginica"])[species]
classifier = multigrade.MultigradeClassifier(beta=0.03, **quick)
scores = cross_val_score(classifier, x, names, cv=3)
assert scores.min() > 0.9, scores
search = GridSearchCV(make_pipeline(StandardScaler(), classifier), {"multigradeclassifier__beta": [0.01, 0.1]}, cv=2).fit(x, names)
assert search.best_score_ > 0.9, search.best_score_

rng = np.random.default_rng(1)
u = rng.normal(size=(80, 2))
both = np.column_stack([np.abs(u[:, 0]), u[:, 1] - np.maximum(u[:, 0], 0)])
for estimator, x, y in ((classifier, x, names), (multigrade.MultigradeRegressor(**quick), u, both), (multigrade.MultigradeRegressor(**quick), u, both[:, 0])):
    estimator.fit(x, y)
    assert estimator.score(x, y) > 0.95, estimator.score(x, y)
    assert estimator.report_["grades"][0]["status"] in ("optimal", "priced"), estimator.report_["grades"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "estimator.json")
        estimator.save(path)
        restored = multigrade.load(path)
    for other in (restored, pickle.loads(pickle.dumps(estimator))):
        assert (other.predict(x) == estimator.predict(x)).all()
        assert other.get_params() == estimator.get_params()

weight = np.where(species == 1, 5.0, 1.0)
assert (np.argmax(classifier.fit(x0, names).predict_proba(x0), axis=1) == species).mean() > 0.95
assert np.allclose(classifier.predict_proba(x0).sum(axis=1), 1)
before = (classifier.predict(x0) == "versicolor").sum()
assert (classifier.fit(x0, names, sample_weight=weight).predict(x0) == "versicolor").sum() >= before
keep = np.arange(len(x0)) % 3 > 0
left = classifier.fit(x0, names, sample_weight=keep.astype(float)).decision_function(x0)
assert np.allclose(left, classifier.fit(x0[keep], names[keep]).decision_function(x0))
assert not hasattr(multigrade.MultigradeClassifier(loss="hinge"), "predict_proba")
sure = multigrade.MultigradeRegressor(options=("--validation", "0.4"), **quick).fit(u, both[:, 0])
lower, upper = sure.predict_interval(u, 0.8)
assert 0.6 < ((lower <= both[:, 0]) & (both[:, 0] <= upper)).mean() <= 1
print("scores, searches, copies, weights, probabilities and intervals agree")
