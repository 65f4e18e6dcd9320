"""Knowledge files that cannot be used are refused by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from needlewise.knowledge.errors import KnowledgeFileError
from needlewise.knowledge.files import read_terms, read_topics

SOURCE = "{title: T, publisher: P}"


def write(folder: Path, text: str, name: str = "downtime.yml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("topic: weather\ntitle: W", "weather"),
        ("topic: downtime", "title"),
        ("topic: downtime\ntitle: D\nanswer: []", "answer"),
        (f"topic: downtime\ntitle: D\nanswers: [{{id: price, text: x, sources: [{SOURCE}]}}]", "begin with downtime"),
        ("topic: downtime\ntitle: D\nanswers: [{id: downtime, text: x, sources: []}]", "sources"),
        ("topic: downtime\ntitle: D\nanswers: [{id: downtime, text: x, sources: [elsewhere]}]", "sources"),
        (f"topic: downtime\ntitle: D\nanswers: [{{id: downtime, text: ' ', sources: [{SOURCE}]}}]", "text: is empty"),
        (f"topic: downtime\ntitle: D\nanswers: [{{id: downtime, text: '{{x}}', sources: [{SOURCE}]}}]", "placeholder"),
        (f"topic: downtime\ntitle: D\nanswers: [{{id: downtime, text: '{{', sources: [{SOURCE}]}}]", "downtime: text"),
        (
            f"topic: downtime\ntitle: D\nanswers: [{{id: downtime, text: x, condition: a, treatment: b,"
            f" sources: [{SOURCE}]}}]",
            "only one of",
        ),
        (
            f"topic: downtime\ntitle: D\nlanguage: es\nanswers: [{{id: downtime, text: x, sources: [{SOURCE}]}}]",
            "end with .es",
        ),
        ("topic: [", "YAML"),
        ("", "downtime.yml"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(KnowledgeFileError) as error:
        read_topics(write(tmp_path, text))
    assert named in error.value.message
    assert "downtime.yml" in error.value.message


def test_an_id_stands_once_over_all_files(tmp_path: Path) -> None:
    text = f"topic: downtime\ntitle: D\nanswers: [{{id: downtime, text: x, sources: [{SOURCE}]}}]"
    write(tmp_path, text)
    with pytest.raises(KnowledgeFileError, match="already"):
        read_topics(write(tmp_path, text, "more.yml"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeFileError, match="no topic"):
        read_topics(tmp_path)


def test_words_of_the_trade_may_be_missing_but_not_wrong(tmp_path: Path) -> None:
    assert read_terms(tmp_path / "nowhere") == []
    write(tmp_path, "entity: condition\nitems: {a: {title: A, part_of: b}, b: {title: B}}", "conditions.yml")
    assert [(each.id, each.part_of) for each in read_terms(tmp_path)] == [("a", "b"), ("b", None)]
    write(tmp_path, "entity: condition\nitems: {a: {synonyms: []}}", "conditions.yml")
    with pytest.raises(KnowledgeFileError, match=r"conditions\.yml"):
        read_terms(tmp_path)
