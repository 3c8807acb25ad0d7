"""Terms say of one text what scikit-learn's vectorizer says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from zd_automation.models.terms import Terms, rows_of

TEXTS = [
    "where is my parcel",
    "my parcel is late, my parcel!",
    "reset the password",
    "¿dónde está mi pedido?",
    "Где мой заказ?",
]
KINDS: list[dict[str, Any]] = [
    {"ngram_range": (1, 2)},
    {"analyzer": "char_wb", "ngram_range": (2, 5)},
    {"analyzer": "char_wb", "ngram_range": (3, 4)},
]


def fitted(kind: dict[str, Any]) -> TfidfVectorizer:
    return TfidfVectorizer(**kind, sublinear_tf=True, dtype=np.float32).fit(TEXTS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=60)
    | st.sampled_from(TEXTS)
    | st.lists(st.sampled_from(["my", "parcel", "is", "late"])).map(" ".join)
)
def test_the_same_weights_as_the_vectorizer(kind: dict[str, Any], text: str) -> None:
    vectorizer = fitted(kind)
    at, weights = Terms.of(vectorizer).weights(text)
    row = np.zeros(len(vectorizer.vocabulary_), dtype=np.float32)
    row[at] = weights
    assert np.allclose(row, vectorizer.transform([text]).toarray()[0], atol=1e-6)
    assert at.tolist() == sorted(set(at.tolist()))


def test_restored_terms_are_the_fitted_ones() -> None:
    vectorizer = fitted(KINDS[0])
    terms = Terms.of(vectorizer)
    again = Terms.restored(list(terms.places), terms.idf, TfidfVectorizer(**KINDS[0]))
    assert len(again) == len(terms) == len(vectorizer.vocabulary_)
    for one, other in zip(again.weights(TEXTS[1]), terms.weights(TEXTS[1]), strict=True):
        assert one.tolist() == other.tolist()


def test_tables_stand_side_by_side() -> None:
    vectorizers = [fitted(kind) for kind in KINDS]
    texts = [*TEXTS, "", "ჯჯჯ"]
    rows = rows_of([Terms.of(vectorizer) for vectorizer in vectorizers], texts)
    expected = sparse.hstack([vectorizer.transform(texts) for vectorizer in vectorizers]).toarray()
    assert rows.shape == expected.shape
    assert np.allclose(rows.toarray(), expected, atol=1e-6)


def test_no_texts_are_no_rows() -> None:
    terms = Terms.of(fitted(KINDS[0]))
    assert rows_of([terms], []).shape == (0, len(terms))
