"""Nothing grows with the number of sessions: the simulation of bench/scale.py, on a small scale."""

from bench.scale import growth, simulate
from tests.contract.cloud import Cloud


def test_calls_rows_and_the_hottest_partition_are_the_same_with_more_sessions(cloud: Cloud) -> None:
    runs = [simulate(cloud, 10, 10), simulate(cloud, 20, 20), simulate(cloud, 200, 10)]

    assert growth(runs) == []
    assert all(run["scans"] == 0 for run in runs)
    assert runs[1]["hottest"]["share of all"] < runs[0]["hottest"]["share of all"]


def test_growth_is_told_in_words(cloud: Cloud) -> None:
    run = simulate(cloud, 10, 10)
    worse = {**run, "sessions": 20, "scans": 1, "rows": {"shell": 9}, "hottest": {"requests": 99}}

    assert [line.split(":")[0] for line in growth([run, worse])] == [
        "20 sessions",
        "20 sessions have {'shell'",
        "20 sessions",
    ]
