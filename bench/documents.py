"""How many words of PDFs are damaged, whether spans are exact, and how much time and memory pages take.

Run `python bench/documents.py`.

- **Reports**: annual reports of our own layout, drawn in the ways of five kinds of programs; every word is known.
- **Published**: the PDFs of the folder that `RAG_EVAL_REALDATA` names. What stands in them is not known; a word counts
  as damaged if pypdf, which reads them by other means, does not have it.
- **Spans**: the stretch of the page's text that each sentence and each row of a table of the reports stands at.
- **Memory**: a thousand pages beside a hundred, as Markdown files and as one PDF, drafting out of them whole. Each
  measurement is a process of its own; what counts is how the peak grows.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.report_pdf import WAYS, damaged, report

from rag_eval.dataset.documents import Document, find, pdf, read
from rag_eval.dataset.documents.chunks import chunks
from rag_eval.language.spans import sentence_spans

SIZES = (100, 1000)
MOST_GROWTH = 1.5
"""Peak memory for ten times the pages, over that for the first size."""
MOST = 500.0
"""Peak of resident memory, in MB."""
MOST_DAMAGED = 0.005
"""Share of words."""
REPORT_PAGES = 20
_UNIT = 1 if sys.platform == "darwin" else 1024


def page(number: int) -> str:
    """Some 3,000 characters of plain prose with facts in it, no two pages alike."""
    lines = [f"# Station {number}", ""]
    for part in range(12):
        key = number * 31 + part * 7
        told = (
            f"The gauge of station {number} is a float in a pipe, and pipe {key} holds {key % 90 + 10} litres. "
            f"If the float sticks at mark {key % 40}, the keeper of pipe {key} frees it with the long hook. "
            f"To empty the pipe {key}, open valve {key % 9} and wait for {key % 50 + 5} minutes."
        )
        lines += [f"## Section {part}", "", told, ""]
    return "\n".join(lines)


def write_pages(folder: Path, count: int) -> Path:
    """So many Markdown files."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"station-{number:04d}.md").write_text(page(number), encoding="utf-8")
    return folder


def write_pdf(path: Path, count: int) -> Path:
    """One PDF of so many pages, written by hand: a page, its text in Helvetica, a table of where everything stands."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Count {count} /Kids [{kids}] >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number in range(count):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        shown = "".join(f"({line}) Tj T*\n" for line in page(number).splitlines())
        content = f"BT /F1 8 Tf 10 TL 40 760 Td\n{shown}ET".encode()
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, held in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + held + b"\nendobj\n"
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    body += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(body)
    return path


def measure(source: Path, out: Path) -> tuple[float, float, int]:
    """Seconds, peak in MB and passages of one `build-dataset`."""
    command = [sys.executable, "-m", "rag_eval", "build-dataset", str(source), "-o", str(out), "-n", "50", "--json"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - began, usage.ru_maxrss * _UNIT / 1e6, json.loads(said)["corpus"]["rows"]


def reports(folder: Path) -> bool:
    """Print what is read of reports; whether a mark was missed."""
    missed = False
    for way in WAYS:
        raw, pages = report(REPORT_PAGES, way)
        path = folder / f"report-{way}.pdf"
        path.write_bytes(raw)
        began = time.perf_counter()
        text, starts, _ = pdf.read(path)
        seconds = time.perf_counter() - began
        texts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
        words = sum(len(page.words) for page in pages)
        share = sum(damaged(page, read_) * len(page.words) for page, read_ in zip(pages, texts, strict=True)) / words
        rows = sum(len(page.rows) for page in pages)
        kept = sum(row in read_.splitlines() for page, read_ in zip(pages, texts, strict=True) for row in page.rows)
        inexact = wrong_spans(path)
        said = f"{share:.2%} of {words:,} words damaged (at most {MOST_DAMAGED:.1%}), {kept} of {rows} rows kept"
        said += f", {inexact} spans inexact, {1000 * seconds / len(pages):.0f} ms a page"
        print(f"documents          report, {way}: {said}")
        missed |= share > MOST_DAMAGED or kept < rows or inexact > 0
    return missed


def wrong_spans(path: Path) -> int:
    """Sentences and rows whose stretch of the document does not hold what their passage has there."""
    wrong = 0
    for document in read(find(str(path))):
        assert isinstance(document, Document)
        for chunk in chunks(document):
            for span in sentence_spans(chunk.text):
                whole = document.text[chunk.start + span.start : chunk.start + span.end]
                wrong += whole != chunk.text[span.start : span.end]
    return wrong


def published() -> bool:
    """Print how far our reading of published PDFs and pypdf's agree; whether a mark was missed."""
    named = os.environ.get("RAG_EVAL_REALDATA")
    if not named:
        print("documents          published: RAG_EVAL_REALDATA names no folder")
        return False
    import pypdf

    missed = False
    for path in sorted(Path(named).glob("html_pdf/*.pdf")):
        found = next(read(find(str(path))))
        if not isinstance(found, Document):
            print(f"documents          {path.name}: {found.reason}")
            continue
        theirs = words_of("\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
        ours = words_of(found.text)
        odd = sum((ours - theirs).values())
        share = odd / ours.total()
        print(f"documents          {path.name}: {share:.2%} of {ours.total():,} words are not in pypdf's reading")
        missed |= share > MOST_DAMAGED
    return missed


def words_of(text: str) -> Counter[str]:
    """Words with how often each stands there; what a line's end parts is left out, as readers mend it differently."""
    joined = re.sub(r"(\w)[-\xad][ ]*\n(?=[a-z])", r"\1", unicodedata.normalize("NFKC", text))
    return Counter(word for word in re.sub("-", "", joined).split() if word != "|")


def memory(folder: Path) -> bool:
    """Print what each size took; whether memory grew with the pages."""
    missed = False
    makers: dict[str, Callable[[int], Path]] = {
        "markdown": partial(write_pages, folder / "pages"),
        "pdf": partial(write_pdf, folder / "pages.pdf"),
    }
    for kind, make in makers.items():
        peaks = []
        for count in SIZES:
            seconds, peak, passages = measure(make(count), folder / f"{kind}-{count}")
            peaks.append(peak)
            said = f"{count:,} pages, {passages:,} passages in {seconds:.1f} s, peak {peak:.0f} MB"
            print(f"documents          {kind}: {said}")
        growth = peaks[-1] / peaks[0]
        print(f"documents          {kind}: peak × {growth:.2f} for ten times the pages (at most {MOST_GROWTH:g})")
        missed |= growth > MOST_GROWTH or max(peaks) > MOST
    return missed


def main() -> int:
    """Print all of it; 1 if a mark was missed."""
    with tempfile.TemporaryDirectory() as name:
        return int(any([reports(Path(name)), published(), memory(Path(name))]))


if __name__ == "__main__":
    sys.exit(main())
