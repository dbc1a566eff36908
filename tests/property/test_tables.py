"""Tables as hospitals send them: whatever is drawn, a reader gives all rows as they are, or says what is wrong.

The quick tests draw some hundred tables; those marked slow draw thousands of the same kinds.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prognos.data import (
    AnnotationError,
    CohortError,
    LatentTableError,
    PhotoTableError,
    read_annotations,
    read_cohort,
    read_latents,
    read_photos,
)

TOKEN = "Zq7Patient"
"""Part of every identifier; it may be in no message."""

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
thorough = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))

HEADERS = {
    "cohort": ["patient_id", "time", "event", "entry", "fold", "age", "treatment", "image", "PatientID", "OS",
               "OS.time", "Survival.time", "dead", "deadstatus.event", "survival_days", "label", "patient_index", ""],
    "annotations": ["patient_id", "image", "mask", "organ_mask", "reader", "timepoint", "", "Image"],
    "photos": ["patient_id", "image", "date", "flag", "aligned", "landmarks", "left_eye_x", "left_eye_y", "right_eye_x",
               "right_eye_y", "left_mouth_x", "left_mouth_y", "right_mouth_x", "right_mouth_y", "nose_x", ""],
    "latents": ["patient_id", "image", "latent_0000", "latent_0001", "rmse", "steps", "latent_1", ""],
}  # fmt: skip
NEEDED = {"cohort": 3, "annotations": 3, "photos": 2, "latents": 4}

CELLS = [
    "", " ", "NA", "nan", "None", "0", "1", "2", "-1", "1.0", "412", "730.5", "12,5", "1,200.5", "1.200,5", "1e3",
    "1e999", "1e-320", "-0", "+3", "inf", "-inf", "1_000", "0x10", "9" * 400, "9" * 5000, "45382", "2024-03-31",
    "31.03.2024", "3/31/2024 12:00", "2024-13-45", "12 months", "365d", "yes", "no", "TRUE", "dead", "alive", "ja",
    "\u0663", "\uff11", "\xb2", "M\xfcller", "\u200b1", "a;b", "a\tb", "a,b", '"', 'a"b', "a\nb", "\x00", "x" * 300,
    "../x", "/", "::", "a::1+2", "x.csv", "photo.png", "~", "%s", "{0}", "\ud7ff", "\U0001f600",
]  # fmt: skip

Reader = Callable[[Path], Any]
READERS: dict[str, tuple[Reader, type[ValueError]]] = {
    "cohort": (read_cohort, CohortError),
    "annotations": (read_annotations, AnnotationError),
    "photos": (partial(read_photos, missing_files="keep"), PhotoTableError),
    "latents": (read_latents, LatentTableError),
}


FAULTS = ["header", "missing", "cells", "length", "no names", "separator", "unquoted", "comment", "encoding", "bytes"]
GOOD = {"cohort": ["age", "treatment", "image"], "annotations": ["reader", "timepoint"], "photos": ["flag"],
        "latents": ["rmse", "note"]}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, kind: str) -> bytes:
    """Bytes of a table with none to three of the faults that people make."""
    wrong = draw(st.sets(st.sampled_from(FAULTS), max_size=3))
    header = [*HEADERS[kind][: NEEDED[kind]], *draw(st.lists(st.sampled_from(GOOD[kind]), max_size=2, unique=True))]
    if "header" in wrong:
        header += draw(st.lists(st.sampled_from(HEADERS[kind]), min_size=1, max_size=3))
    header = draw(st.permutations(header))
    if "missing" in wrong:
        header.pop(draw(st.integers(0, len(header) - 1)))
    rows = []
    for number in range(draw(st.integers(0 if "length" in wrong else 1, 6))):
        odd = "cells" in wrong and draw(st.booleans())
        rows.append([draw(_cell(name, number, odd)) for name in header])
        if "length" in wrong and draw(st.booleans()):
            rows[-1].append("1")
    lines = rows if "no names" in wrong else [header, *rows]
    separator = draw(st.sampled_from([";", "\t", "|", ", "])) if "separator" in wrong else ","
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    if "unquoted" in wrong or len(separator) > 1:
        text = ending.join(separator.join(cells) for cells in lines)
    else:
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=separator, lineterminator=ending).writerows(lines)
        text = stream.getvalue()
    if kind == "latents" and draw(st.booleans()):
        first = draw(_json()) if "comment" in wrong else '{"shape": [2]}'
        text = f"# {first}\n{text}"
    encodings = ["latin-1", "utf-16", "utf-16-le", "cp1252"] if "encoding" in wrong else ["utf-8", "utf-8-sig"]
    content = text.encode(draw(st.sampled_from(encodings)), errors="replace")
    if "bytes" in wrong and content:
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + draw(st.binary(max_size=2)) + content[place + draw(st.integers(0, 2)) :]
    return content


def _cell(column: str, number: int, odd: bool) -> st.SearchStrategy[str]:
    """What stands in a column: mostly what belongs there."""
    any_cell = st.one_of(st.sampled_from(CELLS), st.text(max_size=8))
    good = {
        "patient_id": st.just(f"{TOKEN}{number}"), "image": st.just(f"{TOKEN}{number}.png"),
        "mask": st.just(f"{TOKEN}{number}.nii.gz"), "event": st.sampled_from("01"), "fold": st.sampled_from("012"),
        "timepoint": st.sampled_from("01"),
    }  # fmt: skip
    if column == "patient_id":
        return (
            st.one_of(good[column], st.just(f"{TOKEN}0"), any_cell.map(lambda text: f"{TOKEN}{text}"))
            if odd
            else good[column]
        )
    return any_cell if odd else good.get(column, st.sampled_from(["412", "730.5", "12", "0.25"]))


def _json() -> st.SearchStrategy[str]:
    """First lines of a table of latents, right and wrong."""
    values = st.one_of(
        st.none(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.integers(-1, 4), max_size=3)
    )
    made = st.dictionaries(st.sampled_from(["generator", "space", "method", "shape", "x"]), values, max_size=4).map(
        json.dumps
    )
    return st.one_of(made, st.sampled_from(["{", "[]", "{}", "5", "{" * 9, '{"shape": [2]}', '{"shape": [1, 2]}']))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for number in range(6):
        (folder / f"{TOKEN}{number}.png").touch()
        (folder / f"{TOKEN}{number}.nii.gz").touch()
    return folder


def judge(kind: str, content: bytes, folder: Path) -> Any:
    """What a reader gives for a table, or None where it refuses as it should."""
    path = folder / f"{kind}.csv"
    path.write_bytes(content)
    reader, error_class = READERS[kind]
    try:
        return reader(path)
    except error_class as error:
        message = str(error)
    assert message.startswith(str(path))
    assert re.search(rf"{kind}\.csv, lines? \d+", message), message
    assert TOKEN not in message
    return None


def check(kind: str, content: bytes, folder: Path) -> bool:
    """Whether a table is given, as it is; if not, it is refused as it should."""
    found = judge(kind, content, folder)
    if found is None:
        return False
    text = content.decode("utf-8-sig")
    while kind == "latents" and text.startswith("#"):
        text = text.partition("\n")[2]
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    assert len(found.patient_ids if kind == "latents" else found) == len(rows) - 1
    if kind == "cohort":
        _check_samples(found, rows)
    if kind == "latents":
        assert all(math.isfinite(value) for value in found.values.ravel())
    return True


def _check_samples(samples: list[dict[str, Any]], rows: list[list[str]]) -> None:
    """Times and events are those of the table, and possible."""
    header = [name.strip() for name in rows[0]]
    for sample, row in zip(samples, rows[1:], strict=True):
        time, event = sample["label"].tolist()
        assert 0 < time <= 100 * 365.25
        assert event in (0, 1)
        assert sample["label"].shape == (2,)
        if "time" in header:
            assert time == float(row[header.index("time")])
        if isinstance(sample.get("age"), float | int):
            assert not math.isinf(sample["age"])


@pytest.mark.parametrize("kind", HEADERS)
def test_a_table_is_given_as_it_is_or_refused_without_naming_a_patient(kind: str, folder: Path) -> None:
    outcomes = []

    @quick
    @given(content=tables(kind))
    def run(content: bytes) -> None:
        outcomes.append(check(kind, content, folder))

    run()
    assert 0.1 < sum(outcomes) / len(outcomes) < 0.9


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEADERS)
def test_thousands_of_tables_are_given_as_they_are_or_refused(kind: str, folder: Path) -> None:
    outcomes = []

    @thorough
    @given(content=tables(kind))
    def run(content: bytes) -> None:
        outcomes.append(check(kind, content, folder))

    run()
    assert 0.1 < sum(outcomes) / len(outcomes) < 0.9


@pytest.mark.parametrize("kind", HEADERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(kind: str, content: bytes, folder: Path) -> None:
    judge(kind, content, folder)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ending_change_nothing(encoding: str, ending: str, folder: Path) -> None:
    lines = ["patient_id,time,event,age", f"{TOKEN},12.5,1,61", f"M\xfc{TOKEN},3,0,NA"]
    samples = judge("cohort", ending.join(lines).encode(encoding), folder)
    assert [sample["label"].tolist() for sample in samples] == [[12.5, 1], [3, 0]]
    assert samples[1]["patient_id"] == f"M\xfc{TOKEN}"


REFUSED = {
    "latin-1": ("patient_id,time,event,sex\na,1,1,\xfc\n".encode("latin-1"), r"line 2: is not in UTF-8"),
    "utf-16": ("patient_id,time,event\na,1,1\n".encode("utf-16"), r"it may be UTF-16"),
    "spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00", r"a spreadsheet"),
    "semicolons": (b"patient_id;time;event\na;12,5;1\n", r"expected commas, and points in numbers"),
    "tabs": (b"patient_id\ttime\tevent\na\t1\t1\n", r"expected commas"),
    "decimal commas": (b"patient_id,time,event\na,12,5,1\n", r"write 12.5 instead of 12,5"),
    "a quoted decimal comma": (b'patient_id,time,event\na,"12,5",1\n', r"column time: is text.*Write 12.5"),
    "a covariate with commas": (b'patient_id,time,event,age\na,1,1,"61,5"\nb,2,0,70\n', r"column age: is a number"),
    "thousands": (b'patient_id,time,event,volume\na,1,1,"1,200.5"\nb,2,0,70\n', r"column volume: is a number"),
    "a date": (b"patient_id,time,event\na,2024-03-31,1\n", r"column time: is text"),
    "a date of Excel": (b"patient_id,time,event\na,45382,1\n", r"more than 100 years.*no date of Excel"),
    "a time with its unit": (b"patient_id,time,event\na,12 months,1\n", r"column time: is text"),
    "words": (b"patient_id,time,event\na,12,yes\nb,3,FALSE\n", r"lines 2, 3, column event: is text"),
    "no names of columns": (f"{TOKEN},12,1\n{TOKEN}b,3,0\n".encode(), r"Is the line with the names missing"),
    "a name of our own": (b"patient_id,time,event,label\na,1,1,2\n", r"column label: is a name that this software"),
    "a column without a name": (b"patient_id,time,event,\na,1,1,\n", r"has no name"),
    "an open quotation mark": (b'patient_id,time,event\na,1,"1\nb,2,0\n', r"line 3: a quotation mark is not closed"),
    "an invisible character": ("patient_id,time,event\na\u200b,1,1\n".encode(), r"invisible character"),
    "a huge covariate": (b"patient_id,time,event,age\na,1,1,1e999\n", r"column age: is too large"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_people_send_is_refused_with_the_remedy(fault: str, folder: Path) -> None:
    content, reason = REFUSED[fault]
    (folder / "cohort.csv").write_bytes(content)
    with pytest.raises(CohortError, match=reason):
        read_cohort(folder / "cohort.csv")


def test_a_unit_that_contradicts_the_name_of_the_column_is_refused(folder: Path) -> None:
    (folder / "cohort.csv").write_text("patient_id,survival_days,dead\na,300,1\n")
    assert read_cohort(folder / "cohort.csv")[0]["label"][0] == 300
    with pytest.raises(CohortError, match="the name says days, time_unit says months"):
        read_cohort(folder / "cohort.csv", time_unit="months")


def test_a_table_of_a_hundred_thousand_rows_is_read_whole(folder: Path) -> None:
    rows = "".join(f"{TOKEN}{i},{i % 3000 + 1},{i % 2},{i % 5},{i % 90}\n" for i in range(100_000))
    samples = judge("cohort", f"patient_id,time,event,fold,age\n{rows}".encode(), folder)
    assert len(samples) == 100_000
