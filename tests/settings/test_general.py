from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import SettingsError
from pertinent.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def test_later_sources_win(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pertinent.toml").write_text("top_k = 3\nrerank_limit = 30\nmax_per_document = 2\n")
    Path(".env").write_text("PERTINENT_TOP_K=4\nPERTINENT_RERANK_LIMIT=41\n")
    monkeypatch.setenv("PERTINENT_TOP_K", "5")
    settings = load_settings()
    assert (settings.top_k, settings.rerank_limit, settings.max_per_document) == (5, 41, 2)


def test_offline_is_off_until_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().offline
    Path("pertinent.toml").write_text("offline = true\n")
    assert Settings().offline
    monkeypatch.setenv("PERTINENT_OFFLINE", "0")
    assert not Settings().offline


def test_home_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PERTINENT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().collections == tmp_path / "pertinent" / "collections"
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/invalid")
    assert Settings().home == Path.home() / ".local" / "share" / "pertinent"


def test_an_empty_value_is_none_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PERTINENT_HOME", "")
    monkeypatch.setenv("PERTINENT_TOP_K", "")
    Path(".env").write_text("PERTINENT_RERANK_LIMIT=\n")
    settings = load_settings()
    assert settings.home == tmp_path / "pertinent"
    assert (settings.top_k, settings.rerank_limit) == (10, 40)


def test_home_is_expanded_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PERTINENT_HOME", "~/notes")
    assert load_settings().home == tmp_path / "notes"
    assert load_settings().cache == tmp_path / "notes" / "cache"


@pytest.mark.parametrize("home", ["~nosuchuser/x", ""])
def test_a_home_that_names_no_folder_is_refused(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.delenv("PERTINENT_HOME")
    Path("pertinent.toml").write_text(f'home = "{home}"\n')
    with pytest.raises(SettingsError, match=r"\(home: (~ stands|the name is)"):
        load_settings()


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("PERTINENT_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingsError, match="PERTINENT_HOME"):
        load_settings()


def test_names_that_are_read_elsewhere_may_stand_in_the_env_file() -> None:
    Path(".env").write_text("PERTINENT_DEBUG=1\nPERTINENT_DATA=/data\nPERTINENT_TOP_K=4\n")
    assert load_settings().top_k == 4


def test_the_case_of_names_in_the_environment_is_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("pertinent_top_k", "6")
    assert load_settings().top_k == 6
    load_settings.cache_clear()
    monkeypatch.setenv("Pertinent_topk", "3")
    with pytest.raises(SettingsError, match="Pertinent_topk"):
        load_settings()


def test_names_of_other_programs_in_env_file_are_none_of_our_business() -> None:
    Path(".env").write_text("OPENAI_API_KEY=secret\nTHREADS=many\nHOME=~nosuchuser\nPERTINENT_TOP_K=4\n")
    assert load_settings().top_k == 4


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("pertinent.toml", "topk = 3", "topk"),
        ("pertinent.toml", "top_k = 0", "top_k"),
        ("pertinent.toml", "top_k = [", "TOMLDecodeError"),
        (".env", "PERTINENT_TOPK=3", "pertinent_topk"),
        (".env", "PERTINENT_TOP_K=many", "top_k"),
    ],
)
def test_wrong_files_are_refused(file: str, content: str, says: str) -> None:
    Path(file).write_text(content)
    with pytest.raises(SettingsError, match=says):
        load_settings()


def test_an_unreadable_env_file_is_refused() -> None:
    Path(".env").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings()


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_TOPK", "3")
    with pytest.raises(SettingsError, match=r"PERTINENT_TOPK.*Known names:.*PERTINENT_TOP_K"):
        load_settings()


def test_values_are_not_repeated_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_TOP_K", "sk-secret")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "sk-secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_reranking_is_on_until_it_is_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "PERTINENT_RERANK_ENABLED"
    assert load_settings().rerank_enabled
    load_settings.cache_clear()
    Path(".env").write_text(f"{name}=false\n")
    assert not load_settings().rerank_enabled
    load_settings.cache_clear()
    monkeypatch.setenv(name, "true")
    assert load_settings().rerank_enabled
