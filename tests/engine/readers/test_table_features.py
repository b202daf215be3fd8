"""What becomes of the columns of a table, beside scikit-learn doing the same."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from tests.readings import Read, loaded
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers import show, tables
from workbench.engine.readers.reader import Reading

RANDOM = np.random.default_rng(3)
ROWS = 400
WEIGHT = np.round(RANDOM.normal(70, 12, ROWS), 2)
AGE = RANDOM.integers(18, 90, ROWS).astype(float)
CITY = RANDOM.choice(["Oslo", "Rome", "Lima", "Kyiv"], ROWS)
GONE = RANDOM.random(ROWS) < 0.1
NOWHERE = RANDOM.random(ROWS) < 0.1
LABEL = np.where(WEIGHT > 70, "heavy", "light")


def people() -> list[str]:
    lines = ["weight,age,city,label"]
    for i in range(ROWS):
        age = "" if GONE[i] else f"{AGE[i]:g}"
        lines.append(f"{WEIGHT[i]},{age},{'?' if NOWHERE[i] else CITY[i]},{LABEL[i]}")
    return lines


def read(tmp_path: Path, lines: list[str] | None = None, **options: object) -> Read:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(people() if lines is None else lines))
    return loaded(tables.read, file, options)


def refused(tmp_path: Path, lines: list[str] | None = None, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(tmp_path, lines, **options)
    return str(caught.value)


def in_order(data: Read, name: str = "features") -> np.ndarray:
    """An output with its items as they stand in the source."""
    values = data.tensors[name].numpy()
    found = np.empty_like(values)
    found[data.rows.numpy()] = values
    return found


def train(data: Read) -> np.ndarray:
    return data.rows.numpy()[: data.sizes["train"]]


def test_numbers_and_categories_are_those_of_scikit_learn(tmp_path: Path) -> None:
    data = read(tmp_path)
    numbers = np.stack([WEIGHT, np.where(GONE, np.nan, AGE)], axis=1)
    filled = SimpleImputer(strategy="mean").fit(numbers[train(data)]).transform(numbers)
    mean, std = np.nanmean(numbers[train(data)], 0), np.nanstd(numbers[train(data)], 0)
    assert np.allclose(in_order(data)[:, :2], (filled - mean) / std, atol=1e-6)
    encoder = OneHotEncoder(categories=[["Kyiv", "Lima", "Oslo", "Rome"]], handle_unknown="ignore")
    cities = np.where(NOWHERE, "nowhere", CITY)[:, None]
    assert np.array_equal(in_order(data)[:, 2:], encoder.fit(CITY[:, None]).transform(cities).toarray())


def test_each_feature_knows_its_column(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(people()))
    content = tables.read(file, Reading({"embed": "age"}))
    assert content.arrays["_features"].tolist() == [b"weight", *4 * [b"city"]]
    assert len(content.arrays["_features"]) == content.schema.facts["features"]


def test_numbers_without_gaps_are_standardised_as_scikit_learn_does(tmp_path: Path) -> None:
    data = read(tmp_path, drop="age,city")
    scaler = StandardScaler().fit(WEIGHT[train(data), None])
    assert np.allclose(in_order(data), scaler.transform(WEIGHT[:, None]), atol=1e-6)
    plain = read(tmp_path, drop="age,city", standardise="no")
    assert np.allclose(in_order(plain)[:, 0], WEIGHT, atol=1e-4)


def test_missing_values_become_the_most_frequent_one(tmp_path: Path) -> None:
    data = read(tmp_path, missing="frequent", standardise="no")
    ages = np.where(GONE, np.nan, AGE)[:, None]
    imputer = SimpleImputer(strategy="most_frequent").fit(ages[train(data)])
    assert np.allclose(in_order(data)[:, 1], imputer.transform(ages)[:, 0])
    cities = np.where(NOWHERE, "", CITY)[:, None].astype(object)
    filled = (
        SimpleImputer(strategy="most_frequent", missing_values="").fit(cities[train(data)]).transform(cities)
    )
    assert np.array_equal(in_order(data)[:, 2:], OneHotEncoder().fit_transform(filled).toarray())
    assert all("are set to the most frequent value" in problem for problem in data.problems)


def test_an_indicator_tells_where_values_are_missing(tmp_path: Path) -> None:
    data = read(tmp_path, missing="indicator")
    features = in_order(data)
    assert features.shape[1] == 1 + 2 + 5
    assert np.array_equal(features[:, 2], GONE) and np.array_equal(features[:, 7], NOWHERE)


def test_rows_with_gaps_can_be_left_out(tmp_path: Path) -> None:
    data = read(tmp_path, missing="rows")
    whole = ~GONE & ~NOWHERE
    assert data.schema.items == whole.sum()
    assert data.problems == (f"{(~whole).sum()} rows with missing values are left out.",)
    assert read(tmp_path, missing="rows", drop="city").schema.items == (~GONE).sum()
    assert "frequent" in refused(tmp_path, missing="guess")


def test_a_category_can_be_an_output_of_its_own(tmp_path: Path) -> None:
    data = read(tmp_path, embed=["city"])
    assert list(data.schema.outputs) == ["features", "city", "label"]
    assert data.schema.outputs["city"] == TensorSpec(("N",), "index", 5)
    assert data.schema.facts["city_values"] == 5
    codes = OrdinalEncoder().fit(CITY[:, None]).transform(CITY[:, None])[:, 0]
    assert np.array_equal(in_order(data, "city"), np.where(NOWHERE, 4, codes))
    filled = read(tmp_path, embed=["city"], missing="frequent")
    assert filled.schema.outputs["city"].bound == 4
    assert np.array_equal(in_order(filled, "city")[~NOWHERE], codes[~NOWHERE])


def test_a_table_may_have_nothing_but_categories(tmp_path: Path) -> None:
    lines = ["Post code,features,label", *(f"0{i % 7},{i % 3},{'ab'[i % 2]}" for i in range(60))]
    data = read(tmp_path, lines, embed="post code,features")
    assert list(data.schema.outputs) == ["post_code", "features_2", "label"]
    assert "features" not in data.schema.facts
    assert np.array_equal(in_order(data, "post_code"), np.arange(60) % 7)
    assert "is the target" in refused(tmp_path, lines, embed="label")


def test_many_values_need_an_embedding(tmp_path: Path) -> None:
    lines = ["user,x,label", *(f"user{i},{i},{'ab'[i % 2]}" for i in range(1_500))]
    assert read(tmp_path, lines).schema.facts["features"] == 1
    assert "1,500 different values, too many for a feature each" in refused(
        tmp_path, lines, categorical="user"
    )
    assert read(tmp_path, lines, embed="user").schema.outputs["user"].bound == 1_500


def test_a_date_becomes_what_can_be_learned_from_it(tmp_path: Path) -> None:
    first = np.datetime64("2019-12-30")
    lines = ["day,x,label", *(f"{first + i},{i % 9},{'ab'[i % 2]}" for i in range(60))]
    data = read(tmp_path, lines)
    features = in_order(data)
    assert data.schema.facts["features"] == 6
    year = np.array([2019 + ((first + i) >= np.datetime64("2020-01-01")) for i in range(60)], dtype=float)
    assert np.allclose(
        features[:, :1], StandardScaler().fit(year[train(data), None]).transform(year[:, None]), atol=1e-6
    )
    assert np.allclose(features[:, 3], np.sin(2 * np.pi * (np.arange(60) % 7) / 7), atol=1e-6)


def test_a_column_can_say_which_rows_train(tmp_path: Path) -> None:
    words = ["train", "Test", "val", "training"]
    lines = ["x,part,label", *(f"{i},{words[i % 4]},{'ab'[i // 4 % 2]}" for i in range(80))]
    data = read(tmp_path, lines, split_column="part")
    assert data.sizes == {"train": 40, "validation": 20, "test": 20}
    assert set(data.rows[:40].numpy() % 4) == {0, 3}
    assert data.schema.facts["features"] == 1
    lines[0] = "x,split,label"
    assert read(tmp_path, lines).sizes == data.sizes
    lines[10] = "9,somewhere,a"
    assert 'row 11: the column "split" divides the rows by the words' in refused(
        tmp_path, lines, split_column="split"
    )
    assert "row 11" in refused(tmp_path, lines)
    lines[10] = "9,,a"
    assert "row 11" in refused(tmp_path, lines, split_column="split")
    assert "row 11" in refused(tmp_path, lines)
    assert read(tmp_path, lines, split="random").schema.facts["features"] == 1


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        (("train", "eval", "test"), {"train": 27, "validation": 27, "test": 26}),
        (("train", "valid", "Evaluation"), {"train": 27, "validation": 27, "test": 26}),
        (("train", "eval", "holdout"), {"train": 27, "validation": 27, "test": 26}),
    ],
)
def test_a_split_may_be_called_evaluation(
    tmp_path: Path, words: tuple[str, ...], sizes: dict[str, int]
) -> None:
    lines = ["x,label,split", *(f"{i},{'ab'[i // 4 % 2]},{words[i % 3]}" for i in range(80))]
    data = read(tmp_path, lines)
    assert data.sizes == sizes and data.schema.facts["features"] == 1 and data.schema.labels == ("a", "b")
    assert read(tmp_path, lines, target="split").schema.labels == tuple(sorted(words))
    lines[0] = "x,kind,split"
    assert read(tmp_path, lines).schema.labels == ("a", "b")


def test_a_class_that_counts_as_missing_is_named(tmp_path: Path) -> None:
    lines = ["x,disorder", *(f"{i},{('None', 'Apnea', 'Insomnia')[i % 3]}" for i in range(60))]
    data = read(tmp_path, lines)
    assert data.schema.labels == ("Apnea", "Insomnia")
    assert "Also “None” counts as no value: write another word where it is a class." in data.problems[0]


def test_the_last_ones_in_time_test(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(50)
    lines = [
        "day,x,label",
        *(f"{np.datetime64('2020-01-01') + i},{i % 9},{'ab'[i % 2]}" for i in order.tolist()),
    ]
    data = read(tmp_path, lines, split="time")
    assert sorted(order[data.rows[-10:].numpy()]) == list(range(40, 50))
    assert np.array_equal(read(tmp_path, lines, time="day").rows, data.rows)
    lines[5] = ",3,a"
    assert 'row 6: the column "day" that gives the order in time has no value' in refused(
        tmp_path, lines, time="day"
    )
    assert "neither dates nor numbers" in refused(tmp_path, time="city")


def test_classes_keep_their_share_in_every_part(tmp_path: Path) -> None:
    data = read(tmp_path, split="stratified", test="0.25", validation="0.25")
    labels = in_order(data, "label")
    shares = [labels[data.rows.numpy()[data.splits[name].numpy()]].mean() for name in data.splits]
    assert data.sizes["test"] in range(98, 103)
    assert max(shares) - min(shares) < 0.01


def test_figures_tell_the_target_and_every_column(tmp_path: Path) -> None:
    read(tmp_path)
    reading = Reading()
    tables.read(tmp_path / "people.csv", reading)
    target, columns, weight, age, city = reading.figures
    assert dict(zip(target.names, target.values, strict=True)) == {
        "column": "label",
        "because": "targets are often called so",
        "to predict": "one of 2 classes",
    }
    about = dict(zip(columns.names, map(str, columns.values), strict=True))
    assert about["age"].startswith(f"number · {GONE.sum()} missing · 18 to 89, mean ")
    assert about["city"] == f"category · 4 values · {NOWHERE.sum()} missing"
    counts, edges = np.histogram(WEIGHT, bins=30)
    assert weight.values == tuple(counts) and np.allclose(weight.edges, edges, rtol=1e-4)
    assert sum(map(int, age.values)) == (~GONE).sum()
    assert city.kind == "bars" and sum(map(int, city.values)) == (~NOWHERE).sum()
    assert reading.understood["target"] == "label" and reading.understood["task"] == "classification"


def test_rows_are_shown_with_the_cells_of_the_file(tmp_path: Path) -> None:
    read(tmp_path)
    content = tables.read(tmp_path / "people.csv", Reading())
    item = show.items(content, "test", [2])[0]
    (part,) = item["parts"]
    row = item["position"]
    assert part["columns"] == ["weight", "age", "city", "label"]
    assert (
        part["cells"][0] == f"{WEIGHT[row]}".rstrip("0").rstrip(".") or part["cells"][0] == f"{WEIGHT[row]}"
    )
    assert part["cells"][3] == LABEL[row] == item["label"]


def test_what_is_constant_in_training_stays_small_elsewhere(tmp_path: Path) -> None:
    lines = [f"{day},{0.1 if day < 60 else 0.2},{day % 7},{day % 5 / 3}" for day in range(100)]
    data = read(tmp_path, ["day,price,rest,target", *lines], time="day", split="time")
    prices = in_order(data)[:, 1]
    assert np.allclose(prices[:60], 0, atol=1e-6) and np.allclose(prices[60:], 0.1, atol=1e-6)
