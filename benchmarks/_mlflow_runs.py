"""What MLflow with SQLite takes for the questions of benchmarks/runs.py, as JSON. Imports mlflow, nothing of ours.

The runs are put into its tables in bulk, since logging them one by one takes many minutes; asking is its own API.
"""

import json
import random
import sqlite3
import sys
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import Any

RUNS, PARAMS, METRICS = (int(number) for number in sys.argv[2:5])


def fill(path: Path, experiment: int) -> None:
    """Runs with settings and metrics, as MLflow keeps them."""
    chance = random.Random(0)
    ids = [uuid.UUID(int=number, version=4).hex for number in range(RUNS)]
    with sqlite3.connect(path) as connection:
        put = connection.executemany
        put(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
            " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
            " VALUES (?, ?, 'LOCAL', '', '', 'me', 'FINISHED', ?, ?, '', 'active', '', ?)",
            ((id, f"run-{n % 97}", 1000 * n, 1000 * n + 1, experiment) for n, id in enumerate(ids)),
        )
        put(
            "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
            ((f"node{p}.value", str(chance.random()), id) for id in ids for p in range(PARAMS)),
        )
        put(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, 0, 1, 0, ?)",
            ((f"m{m}", chance.random(), id) for id in ids for m in range(METRICS)),
        )


def main() -> None:
    mlflow: Any = import_module(
        "mlflow"
    )  # not among what is installed here: it wants older versions of the same
    path = Path(sys.argv[1]) / "mlflow.db"
    mlflow.set_tracking_uri(f"sqlite:///{path}")
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("bench")
    fill(path, int(experiment))

    def seconds(**asked: Any) -> float:
        begun = time.perf_counter()
        client.search_runs([experiment], max_results=RUNS, **asked)
        return time.perf_counter() - begun

    answers = {
        "open": seconds(),
        "sort": seconds(order_by=["metrics.m7 DESC"]),
        "filter": seconds(filter_string="metrics.m7 > 0.9 and params.`node3.value` LIKE '0.1%'"),
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
