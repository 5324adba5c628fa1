"""The agent's settings: which source wins, and how a wrong one is named."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import fastjsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_agent import config, identity
from device_agent.config_schema import SCHEMA, keys
from device_agent.errors import Misconfigured
from device_agent.identity import Identity
from device_agent.sandbox.limits import Limits
from device_agent.settings import AgentSettings, Capacity, KernelspecSource

Write = Callable[[str], dict[str, str]]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a config file.

    :returns: the options that name it.
    """

    def write(text: str) -> dict[str, str]:
        file = tmp_path / "agent.toml"
        file.write_text(text)
        return {"config": str(file), "state_dir": str(tmp_path / "state")}

    return write


def test_without_any_source_all_is_as_by_default(tmp_path: Path) -> None:
    settings = config.read({"LONGWIRE_AGENT_CONFIG": "/dev/null"}, {"state_dir": str(tmp_path)})

    assert settings == AgentSettings("", tmp_path)


def test_every_key_of_the_file_is_read(written: Write, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.touch()
    settings = config.read(
        {},
        written(f"""
            url = "https://example.org/api/"
            work_dir = "/var/lib/work"
            labels = ["gpu"]
            drain_timeout = 7
            log_level = "DEBUG"
            [capacity]
            sessions = 3
            memory_mb = 4000
            session_memory_mb = 200
            cores = 1.5
            sessions_per_core = 4
            free_memory_mb = 100
            [sandbox]
            level = "rootless"
            [limits]
            memory_mb = 77
            run_seconds = 5
            [kernels]
            ready = 4
            start_timeout = 9
            interrupt_timeout = 2
            kernelspecs = [{{name = "sage", path = "{python}"}}]
            [metrics]
            port = 9090
        """),
    )

    assert settings == AgentSettings(
        api_url="https://example.org/api",
        state_dir=tmp_path / "state",
        work_dir=Path("/var/lib/work"),
        labels=("gpu",),
        drain_timeout=7,
        log_level="DEBUG",
        capacity=Capacity(3, 4000, 200, 1.5, 4, 100),
        sandbox_asked="rootless",
        limits=Limits(memory_mb=77, run_seconds=5),
        warm_kernels=4,
        kernel_start_timeout=9,
        interrupt_timeout=2,
        kernelspecs=(KernelspecSource("sage", python),),
        metrics_port=9090,
    )


def test_the_command_line_goes_over_the_environment_and_that_over_the_file(written: Write) -> None:
    options = written("drain_timeout = 1\n[capacity]\nsessions = 1\nfree_memory_mb = 1\n[kernels]\nready = 1")
    environment = {"LONGWIRE_AGENT_CAPACITY_SESSIONS": "2", "LONGWIRE_AGENT_KERNELS_READY": "2"}

    settings = config.read(environment, {**options, "kernels.ready": 3, "drain_timeout": None})

    assert (settings.drain_timeout, settings.capacity.free_memory_mb) == (1, 1)
    assert (settings.capacity.sessions, settings.warm_kernels) == (2, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sesions = 3", "there is no key sesions"),
        ("[capacity]\nsesions = 3", "there is no key capacity.sesions; did you mean sessions?"),
        ("[limits]\nxyz = 3", "there is no key limits.xyz; there are memory_mb,"),
        ('[sandbox]\nlevel = "strong"', "sandbox.level must be one of"),
        ("[capacity]\nsessions = 0", "capacity.sessions must be bigger than 0"),
        ('[metrics]\nport = "x"', "metrics.port must be integer"),
        ('url = "example.org"', "url must match"),
        ("labels = [1]", "labels.0 must be string"),
        ('[[kernels.kernelspecs]]\nname = "x"', "kernels.kernelspecs.0 must contain"),
        ('[[kernels.kernelspecs]]\nname = "x"\npath = "/nowhere"', "there is no /nowhere"),
        ("= 3", "cannot be read"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(written: Write, text: str, words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        config.read({}, written(text))

    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_two_kernelspecs_of_one_name_are_refused(written: Write, tmp_path: Path) -> None:
    one = f'[[kernels.kernelspecs]]\nname = "x"\npath = "{tmp_path}"\n'
    with pytest.raises(Misconfigured, match="two of them have the name x"):
        config.read({}, written(one * 2))


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LONGWIRE_AGENT_CAPACITY_SESIONS": "3"}, "did you mean LONGWIRE_AGENT_CAPACITY_SESSIONS?"),
        ({"LONGWIRE_AGENT_CAPACITY_SESSIONS": "many"}, "must be integer, not 'many'"),
        ({"LONGWIRE_AGENT_CAPACITY_SESSIONS": "-1"}, "environment: capacity.sessions must be bigger"),
        ({"LONGWIRE_API_URL": "ftp://example.org"}, "environment: url must match"),
        ({"LONGWIRE_AGENT_CONFIG": "/nowhere/agent.toml"}, "/nowhere/agent.toml cannot be read"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        config.read({"LONGWIRE_AGENT_CONFIG": "/dev/null", **environment}, {})

    assert words in str(caught.value)


def test_a_wrong_option_is_named(written: Write) -> None:
    with pytest.raises(Misconfigured, match=r"command line: capacity\.sessions must be bigger than 0"):
        config.read({}, {**written(""), "capacity.sessions": 0})


def test_the_service_is_the_one_that_the_device_enrolled_with(written: Write, tmp_path: Path) -> None:
    options = written("")
    identity.save(tmp_path / "state", Identity("d", "secret", "https://enrolled.test/api"))

    assert config.read({}, options).api_url == "https://enrolled.test/api"
    over = config.read({"LONGWIRE_API_URL": "https://other.test/api"}, options)
    assert over.api_url == "https://other.test/api"


def test_without_a_service_it_is_said_how_to_name_one(written: Write) -> None:
    with pytest.raises(Misconfigured, match="https://HOST/api"):
        config.require_url(config.read({}, written("")))


def test_the_first_of_the_usual_places_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = (tmp_path / "own.toml", tmp_path / "system.toml")
    monkeypatch.setattr(config, "PLACES", places)
    assert config.find({}, {}) is None
    for place in reversed(places):
        place.touch()
        assert config.find({}, {}) == place


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    environment = {"LONGWIRE_AGENT_CONFIG": "/dev/null", "LONGWIRE_ENROLMENT_TOKEN": "s3cret"}
    settings = config.read(environment, {"state_dir": str(tmp_path)})

    assert settings.enrolment_token == "s3cret"
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(Identity("d", "s3cret"))


def test_the_schema_is_a_schema_and_describes_every_key_with_the_default_that_counts(
    written: Write,
) -> None:
    fastjsonschema.compile(SCHEMA)
    known = keys()
    for path, key in known.items():
        assert len(key["description"]) > 10, path
        assert key["description"] != path.rpartition(".")[2], path
    assert {field.name for field in fields(Limits)} == {
        path.removeprefix("limits.") for path in known if path.startswith("limits.")
    }
    defaults = {path: key["default"] for path, key in known.items() if key.get("default") not in (None, [])}
    options = {path: value for path, value in defaults.items() if path != "state_dir"}
    assert config.read({}, {**written(""), **options}) == config.read({}, written(""))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_text_in_the_environment_breaks_the_reading(text: str) -> None:
    for path in keys():
        name = f"LONGWIRE_AGENT_{path.replace('.', '_').upper()}"
        try:
            config.read({"LONGWIRE_AGENT_CONFIG": "/dev/null", name: text}, {})
        except Misconfigured as error:
            assert path in str(error) or name in str(error)
