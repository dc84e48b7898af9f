"""A load test for people: the page."""

from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.pages import Parsed, chromium, faults

from rag_eval.loadtest import report
from rag_eval.loadtest.result import LoadTestResult, Quality
from rag_eval.loadtest.summary import EndpointSummary, LoadSummary, Percentile, SloVerdict, TimeBucket
from rag_eval.records import RunComparison

_EVIL = "<script>document.title='run'</script>"


def _endpoint(name: str, failed: int = 0) -> EndpointSummary:
    percentiles = tuple(Percentile(percent=p, seconds=p / 100, low=0.1, high=None) for p in (50, 90, 95, 99))
    return EndpointSummary(
        name=name, requests=200, failed=failed, failures={"timeout": failed} if failed else {}, throughput=12.5,
        percentiles=percentiles, slowest=1.5, degraded=0, bytes=1000,
    )  # fmt: skip


def _loaded(**changes: Any) -> LoadTestResult:
    moments = [
        TimeBucket(at=float(at), users=8, throughput=10.0, failed=0.5, p50=0.2, p95=None if at == 3 else 0.9)
        for at in range(9)
    ]
    load = LoadSummary(
        key="k", name="support", started=0.0, seconds=9.0, planned=9.0, shape="steady", users=8, peak_users=8,
        endpoints=(_endpoint("query", failed=3), _endpoint(_EVIL)), total=_endpoint("all", failed=3),
        moments=tuple(moments), verdicts=(SloVerdict(what="query p95", limit=2.0, found=0.95, kept=True),),
        cpu_short=False, late=0.0, remarks=(_EVIL,),
    )  # fmt: skip
    compared = RunComparison(a="rest", b="load", name_a="rest", name_b="load", metrics=(samples.compared(),))
    quality = Quality(sample=30, at_rest="a", under_load="b", comparison=compared, worse=())
    return LoadTestResult(load=load.model_copy(update=changes), quality=quality)


def test_the_page_says_whether_the_service_kept_what_it_had_to() -> None:
    """In the first line, each limit beneath it, every endpoint with what failed, and what answers were worth."""
    page = Parsed(report.html(_loaded()))
    assert "The service kept what it had to." in page.text
    assert "query p95 0.950 s, at most 2 s" in page.text
    assert "query failed: 3 × timeout" in page.text
    assert "Were the answers still right?" in page.text
    assert sum(attributes.get("class") == "line-plot" for _, attributes in page.tags) == 3
    assert not [tag for tag, _ in page.tags if tag == "script"]


def test_a_test_that_was_interrupted_says_nothing_of_limits() -> None:
    """Neither that they were kept, nor that they were not."""
    page = Parsed(report.html(_loaded(interrupted=True)))
    assert "The test was not finished" in page.text
    assert "The service kept" not in page.text


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_has_no_fault_of_accessibility_and_nothing_to_scroll_sideways(tmp_path: Path) -> None:
    """In light and dark, on a wide and on a narrow screen; it asks for nothing, and what somebody wrote stays text."""
    path = tmp_path / "report.html"
    path.write_text(report.html(_loaded()), encoding="utf-8")
    requests: list[str] = []
    with chromium() as browser:
        for scheme, width in (("light", 1300), ("dark", 420)):
            page = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
            ).new_page()
            page.on("request", lambda request: requests.append(request.url))
            page.goto(path.as_uri())
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.title() == "support · load test"
    assert {url.partition(":")[0] for url in requests} <= {"file", "data"}
