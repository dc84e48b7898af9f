"""A folder of BEIR is queries with what is relevant to them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, Tally, build, items

Save = Callable[[str, str | bytes], Path]


def _read(path: Path, **settings: Any) -> tuple[list[Item], Tally]:
    tally = Tally()
    read = list(items(config.DatasetConfig(path=str(path), **settings), tally))
    assert not [str(problem) for problem in read if isinstance(problem, RowProblem)]
    return [item for item in read if isinstance(item, Item)], tally


def _beir(save: Save, **judged: str) -> Path:
    queries = [{"_id": "q1", "text": "one?"}, {"_id": "q2", "text": "two?"}, {"_id": "q3", "text": "three?"}]
    passages = [{"_id": "d1", "title": "T", "text": "First."}, {"_id": "d2", "title": "", "text": "Second."}]
    path = save("beir/queries.jsonl", "\n".join(map(json.dumps, queries)))
    save("beir/corpus.jsonl", "\n".join(map(json.dumps, passages)))
    for split, lines in judged.items():
        save(f"beir/qrels/{split}.tsv", f"query-id\tcorpus-id\tscore\n{lines}")
    return path.parent


def test_a_folder_of_beir(save: Save, tmp_path: Path) -> None:
    """What is judged above 0 is relevant, with its text; a query of another split is not of this one."""
    folder = _beir(save, test="q1\td1\t1\nq1\td2\t0\n", train="q2\td2\t2\n")
    built = build(config.DatasetConfig(path=str(folder)), tmp_path / "made")
    read, _ = _read(tmp_path / "made")
    assert [(item.case.id, item.case.reference_context_ids) for item in read] == [("q1", ("d1",)), ("q3", None)]
    assert read[0].case.reference_contexts == ("T\nFirst.",)
    assert built.manifest.sources[0].split == "test"
    assert built.account.remarks("options")[0] == "split test taken of test, train; --split train takes another"
    (item, _), _ = _read(folder, split="train")
    assert (item.case.id, item.case.reference_contexts) == ("q2", ("Second.",))


def test_a_corpus_that_is_packed(save: Save) -> None:
    """Its texts are found too."""
    folder = _beir(save, test="q1\td1\t1\n")
    corpus = folder / "corpus.jsonl"
    save("beir/corpus.jsonl.gz", gzip.compress(corpus.read_bytes()))
    corpus.unlink()
    (item, *_), _ = _read(folder)
    assert item.case.reference_contexts == ("T\nFirst.",)


def test_a_judgement_about_a_passage_that_is_not_there(save: Save) -> None:
    """It is a problem of its query."""
    folder = _beir(save, test="q1\td9\t1\n")
    problem = next(iter(items(config.DatasetConfig(path=str(folder)))))
    assert str(problem).endswith(":1: reference_context_ids: expected ids of passages of the corpus, found 'd9'")


def test_judgements_of_trec_and_packed_files(save: Save) -> None:
    """`query 0 passage score` without a header, and a corpus that is packed."""
    folder = _beir(save)
    save("beir/qrels/test.tsv", "q1 0 d1 1\nq2 0 d2 0\n")
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress((folder / "corpus.jsonl").read_bytes()))
    (folder / "corpus.jsonl").unlink()
    (folder / "queries.jsonl").unlink()
    save("beir/queries.tsv", "qid\ttext\nq1\tone?\nq2\ttwo?\n")
    read, _ = _read(folder)
    assert [(item.case.id, item.case.reference_contexts) for item in read][:2] == [("q1", ("T\nFirst.",)), ("q2", None)]


def test_autorag_s_questions_beside_their_corpus(tmp_path: Path) -> None:
    """The corpus is no rows; how it fills the contexts is noted, and it does."""
    rows = {"qid": ["a"], "query": ["Q?"], "retrieval_gt": [[["d"]]], "generation_gt": [["R"]]}
    pq.write_table(pa.table(rows), tmp_path / "qa.parquet")
    pq.write_table(pa.table({"doc_id": ["d"], "contents": ["c"]}), tmp_path / "corpus.parquet")
    (item,), tally = _read(tmp_path, corpus=str(tmp_path / "corpus.parquet"))
    assert (item.case.reference, item.case.reference_contexts) == ("R", ("c",))
    assert f"--corpus {tmp_path}/corpus.parquet fills the contexts" in str(tally.notes[0])
