from __future__ import annotations

import pytest

import pertinent


def test_every_exported_name_exists_and_is_listed() -> None:
    assert pertinent.__all__ == sorted(pertinent.__all__)
    for name in pertinent.__all__:
        assert getattr(pertinent, name).__name__ == name
    assert dir(pertinent) == pertinent.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Rerankers'"):
        pertinent.Rerankers  # noqa: B018


def test_version_and_package_are_typed() -> None:
    from importlib.resources import files

    assert files("pertinent").joinpath("py.typed").is_file()
