from __future__ import annotations

from pertinent.cli.served_line import served_line
from pertinent.types import Failover, Receipt


def test_where_nothing_was_asked_elsewhere_nothing_is_said() -> None:
    assert served_line([], []) == ""


def test_what_is_not_known_is_said() -> None:
    assert served_line([Receipt("p", "m")], []) == "p: tokens not told, price not known"


def test_it_is_one_line_whatever_a_service_says() -> None:
    line = served_line([Receipt("p", "m", tokens=1)], [Failover("a\nb", "it said\x1b[2J no\r\n")])
    assert "\n" not in line
    assert "\x1b" not in line
    assert "did not answer" in line
