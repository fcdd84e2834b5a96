"""The formats of strings, each at its boundaries."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.formats import FORMATS, RULES, duration_seconds, is_quantity

HEX = "0123456789abcdef" * 4
L63 = "a" * 63
NAME_253 = ".".join([L63, L63, L63, "a" * 61])
assert len(NAME_253) == 253

NEVER = ["\n", " ", "\x00", "a\n", "\na", "a b", "é", "a\u200b", "٣", "\u212a"]
"""What no format but those of free form takes: the last is the Kelvin sign, which ``re.IGNORECASE`` takes for a k."""

TABLE: dict[str, tuple[list[str], list[str]]] = {
    "dns-label": (
        ["a", "a1", "a-1", "a--b", L63, "a" + "-" * 61 + "b", "z"],
        ["", "A", "1", "1a", "-a", "a-", "a.b", "a_b", L63 + "a", "-", "a" * 62 + "-"],
    ),
    "dns-name": (
        ["a.b", "1.2", "ml.example.com", f"{L63}.com", NAME_253, "xn--a.b", "a-b.c-d"],
        ["", "a", "a.", ".a", "a..b", "-a.b", "a-.b", "a.-b", "A.b", f"{L63}a.com", NAME_253 + "a", "https://a.b",
         "a.b/", "a.b:1", "*.a.b", "a_b.c"],
    ),
    "label-key": (
        ["a", "A", "1", "a.b_c-d", L63, f"{NAME_253}/{L63}", "example.com/a", "a/b", "example.io/name"],
        ["", "/", "a/", "/a", "a/b/c", "-a", "a-", "_a", "a.", f"{L63}a", f"{NAME_253}a/b", "A.b/c", "a_b/c", "a b/c"],
    ),
    "label-value": (
        ["", "a", "A.b_c-D", "1", L63, "a--b", "a..b", "1.36"],
        ["-a", "a-", ".a", "a.", "_a", "a/b", "a:b", "a@b", L63 + "a", "-"],
    ),
    "cpu": (
        ["0", "1", "007", "1.5", "0.125", "500m", "64000m"],
        ["", ".5", "1.", "0.1234", "1.5m", "4Gi", "4G", "1e3", "1n", "-1", "1 ", "m", "1k"],
    ),
    "memory": (
        ["0", "1k", "1M", "4G", "1T", "1P", "1E", "1Ki", "512Mi", "4Gi", "0.5Gi", "1Ti", "1Pi", "1Ei"],
        ["", "96", "96m", "1e9", "4GB", "4gb", "4 Gi", "1K", ".5Gi", "-1Gi", "Gi", "00", "1u"],
    ),
    "duration": (
        ["1s", "1m", "1h", "1h30m", "1h1s", "1h2m3s", "90m", "90s", "9999h", "9999m", "99999s", "0h1s", "00m01s"],
        ["", "0s", "0h0m0s", "0h", "1", "h", "1d", "1w", "1ms", "1m1h", "1s1m", "1h1h", "-1h", "+1h", "1.5h", "1h 30m", "1H",
         "10000h", "100000s", "PT1H"],
    ),
    "cron": (
        ["* * * * *", "30 4 * * *", "*/5 * * * *", "0 0 1 1 *", "0 0 29 2 *", "0 0 * * 1-5", "0 0 * * 0",
         "0 0 * * mon-fri", "0 0 1 jan *", "59 23 31 12 6", "0,30 * * * *", "0 0 31 1,2 *"],
        ["", "every day", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *",
         "* * * 13 *", "* * * * 8", "0 0 30 2 *", "0 0 31 2 *", "0 0 31 4 *", "@daily", "-1 * * * *", "*/0 * * * *", "5-1 * * * *",
         "a * * * *", "1.5 * * * *", "*-5 * * * *", "1,,2 * * * *", "1- * * * *"],
    ),
    "time-zone": (
        ["Europe/London", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+1", "Asia/Kolkata"],
        ["", "London", "europe/london", "BST", "GMT+1", "Europe/Londn", "+01:00", "../UTC", "Europe/", "Europe/London/"],
    ),
    "date": (
        ["2026-01-31", "2024-02-29", "0001-01-01", "9999-12-31", "2000-02-29"],
        ["", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2026-1-1", "20260131", "2026-W05-6",
         "31/01/2026", "2026-01-31T00:00", "0000-01-01", "10000-01-01", "-2026-01-01", "2026-01-31Z", "26-01-31"],
    ),
    "image": (
        [f"registry.example.com/a@sha256:{HEX}", f"localhost/a@sha256:{HEX}", f"localhost:5000/a@sha256:{HEX}",
         f"a.b:5000/team/image:1.2.3@sha256:{HEX}", f"ghcr.io/a/b-c/d_e/f__g/h.i@sha256:{HEX}", f"a.b/c--d@sha256:{HEX}",
         f"a.b/c:{'t' * 128}@sha256:{HEX}"],
        ["", "python", "python:latest", f"python@sha256:{HEX}", f"library/python@sha256:{HEX}", "a.b/c", "a.b/c:latest",
         f"a.b/c@sha256:{HEX[:-1]}", f"a.b/c@sha256:{HEX}0", f"a.b/c@sha256:{HEX.upper()}", f"a.b/c@sha512:{HEX}{HEX}",
         f"a.b/C@sha256:{HEX}", f"a.b//c@sha256:{HEX}", f"a.b/@sha256:{HEX}", f"a.b/c/@sha256:{HEX}", f"a.b/-c@sha256:{HEX}",
         f"a.b/c___d@sha256:{HEX}", f"a.b/c..d@sha256:{HEX}", f"https://a.b/c@sha256:{HEX}", f"a.b/c:@sha256:{HEX}",
         f"a.b/c:{'t' * 129}@sha256:{HEX}", f"a.b:port/c@sha256:{HEX}", f"-a.b/c@sha256:{HEX}", f"a.b/../c@sha256:{HEX}"],
    ),
    "exact-version": (
        ["1.2.3", "v1.2.3", "0.0.0", "1.2.3-rc.1", "1.2.3+build.5", "1.2.3-rc.1+build", "10.20.30"],
        ["", "1", "1.2", "1.2.x", "1.x", "*", "^1.2.3", "~1.2.3", ">=1.2.3", "1.2.3 - 2.0.0", "1.2.3 || 1.2.4",
         "latest", "V1.2.3", "vv1.2.3",
         "1.2.3-", "1.2.3+", "1.2.3.4", "=1.2.3"],
    ),
    "email": (
        ["a@b.c", "flights@ml.example.com", "a.b+c_d%e-f@x-y.org", "a" * 64 + "@b.c"],
        ["", "a", "a@b", "@b.c", "a@", "a@b.", "a@.b", "a b@c.d", "a@b@c.d", "a@-b.c", "<a@b.c>", "A <a@b.c>",
         "a" * 65 + "@b.c", "a@B.c", "a@b..c",
         "mailto:a@b.c"],
    ),
    "environment-variable": (
        ["A", "a", "_", "A_1", "PATH", "_1"],
        ["", "1", "1A", "A-B", "A.B", "A=B", "A B", "$A", "Ä"],
    ),
    "bucket-name": (
        ["abc", "a1b", "123", "a-b", "a" * 47, "flights-features"],
        ["", "ab", "a" * 48, "A-bc", "-abc", "abc-", "a--b", "a.b.c", "a_bc", "xn--abc", "abc-s3alias"],
    ),
    "artifact-uri": (
        ["s3://abc/d", "s3://a.b/d/e.txt", "s3://models/flights/ontime/1/", f"oci://a.b/c@sha256:{HEX}", f"oci://a.b/c:1@sha256:{HEX}"],
        ["", "s3://", "s3://abc", "s3://abc/", "s3:///d", "s3://ab/d e", "s3://abc/d?x", "s3://abc/d#x", "S3://abc/d", "s3://-ab/d", "http://a.b/c",
         "gs://abc/d", "oci://a.b/c", "oci://a.b/c:latest", f"oci://a.b/c@sha256:{HEX[1:]}", f"oci://a b@sha256:{HEX}", "file:///etc/passwd"],
    ),
    "digest": (
        [f"sha256:{HEX}", "sha256:" + "0" * 64],
        ["", HEX, "sha256:", f"sha256:{HEX[1:]}", f"sha256:{HEX}0", f"sha256:{HEX.upper()}", f"sha512:{HEX}",
         f"SHA256:{HEX}", "sha256:" + "g" * 64],
    ),
    "capability": (
        ["object-store", "ab", L63, "crd:serving.kserve.io", "crd:argoproj.io", "secret:mlflow/database",
         "configmap:a/b.c", "serviceaccount:1/2",
         f"secret:{L63}/{'a' * 253}"],
        ["", "a", "1a", "Object-Store", "object store", "a-", "-a", L63 + "a", "crd:", "crd:A.b", "crd:a..b", "crd:a/b",
         "secret:", "secret:a", "secret:a/",
         "secret:/a", "secret:a/b/c", "secret:A/b", "secret:a/-b", f"secret:a/{'a' * 254}", "Secret:a/b", "other:a/b",
          "configmap:a.b/c"],
    ),
}  # fmt: skip


def test_every_format_is_here() -> None:
    assert set(TABLE) == set(FORMATS)


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, (valid, _) in TABLE.items() for text in valid],
    ids=lambda text: ascii(text)[:40],
)
def test_valid(name: str, text: str) -> None:
    assert FORMATS[name].matches(text) is True


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, (_, invalid) in TABLE.items() for text in [*invalid, *NEVER]],
    ids=lambda text: ascii(text)[:40],
)
def test_invalid(name: str, text: str) -> None:
    assert FORMATS[name].matches(text) is False


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"cron"}))
def test_nothing_may_stand_around_a_valid_text(name: str) -> None:
    """``$`` matches before a line break at the end, too: a classic."""
    for text in TABLE[name][0]:
        for changed in (f"{text}\n", f"\n{text}", f" {text}", f"{text} ", f"{text}\x00", f"{text}\u2028"):
            assert FORMATS[name].matches(changed) is False, changed


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_long_hostile_text_is_refused_soon(name: str) -> None:
    start = time.perf_counter()
    for text in (
        "a" * 20_000 + "!",
        "a." * 10_000 + "!",
        "a-" * 10_000,
        "1" * 20_000 + "!",
        "a.b/" + "c__" * 7_000 + "!",
        "*/1," * 5_000 + " * * * *",
        "s3://abc/" + "x" * 20_000 + "?",
    ):
        assert FORMATS[name].matches(text) is False
    assert time.perf_counter() - start < 10


def test_rules_are_told_apart() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(format_.expected and format_.rule in RULES for format_ in FORMATS.values())


# Quantities


QUANTITIES = (
    ["0", "1", "007", "1.5", "1.", ".5", "500m", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi",
     "1Ei", "1n", "1u", "1e3", "1E3", "1e+3", "1e-3", "1.5e3", "0.1Gi"],
    ["", ".", "-1", "+1", "1K", "1g", "1mi", "1GB", "1 Gi", "Gi", "m", "1,5", "1e", "1e+", "1ee3", "1e3Gi", "1Gi3", "0x1",
     "1_000", "1.2.3", "inf", "nan", "1ki", "1m5"],
)  # fmt: skip


@pytest.mark.parametrize("text", QUANTITIES[0])
def test_right_quantities(text: str) -> None:
    assert is_quantity(text)


@pytest.mark.parametrize(
    "text", [*QUANTITIES[1], *NEVER, *(f"{text}\n" for text in QUANTITIES[0])], ids=lambda text: ascii(text)[:40]
)
def test_wrong_quantities(text: str) -> None:
    assert not is_quantity(text)


def quantity(text: str) -> bool:
    """Read a quantity by the grammar of the API reference, sign left out: ``<number><suffix>``.

    ``<number> ::= <digits> | <digits>.<digits> | <digits>. | .<digits>``; ``<suffix> ::= <binarySI> | <decimalExponent> |
    <decimalSI>``; ``<decimalExponent> ::= "e" <signedNumber> | "E" <signedNumber>``, here of one or two digits.
    """

    def digits(rest: str) -> tuple[str, str]:
        count = 0
        while count < len(rest) and rest[count] in "0123456789":
            count += 1
        return rest[:count], rest[count:]

    whole, rest = digits(text)
    fraction = ""
    if rest.startswith("."):
        fraction, rest = digits(rest[1:])
    if not whole and not fraction:
        return False
    if rest in {"", "m", "k", "M", "G", "T", "P", "E", "n", "u", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}:
        return True
    if rest[0] not in "eE":
        return False
    exponent, rest = digits(rest[2:] if rest[1:2] in {"+", "-"} else rest[1:])
    return len(exponent) in {1, 2} and not rest


@settings(deadline=None, max_examples=500)
@given(
    st.text("0123456789.eE+-nukmKMGTPi ", max_size=8)
    | st.builds(
        "{}{}{}".format,
        st.sampled_from(["1", ".5", "2.", "1.5", "."]),
        st.sampled_from([*"eEnumkKMGTPi", "Ki", "Ei", "e+", "E-", ""]),
        st.sampled_from(["", "1", "12", "123", "i", "-1"]),
    )
)
def test_quantities_agree_with_another_parser(text: str) -> None:
    assert is_quantity(text) is quantity(text)


# Durations


@settings(deadline=None, max_examples=200)
@given(st.none() | st.integers(0, 9999), st.none() | st.integers(0, 9999), st.none() | st.integers(0, 99999))
def test_durations_are_the_sum_of_their_parts(hours: int | None, minutes: int | None, seconds: int | None) -> None:
    parts = [(hours, "h"), (minutes, "m"), (seconds, "s")]
    text = "".join(f"{number}{unit}" for number, unit in parts if number is not None)
    total = timedelta(hours=hours or 0, minutes=minutes or 0, seconds=seconds or 0)
    if total:
        assert duration_seconds(text) == total.total_seconds()
        assert FORMATS["duration"].matches(text)
    else:
        assert not FORMATS["duration"].matches(text)
        with pytest.raises(ValueError, match=re.escape(repr(text))):
            duration_seconds(text)


@settings(deadline=None, max_examples=200)
@given(st.dates())
def test_every_day_is_a_date(day: date) -> None:
    assert FORMATS["date"].matches(day.isoformat())


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=20))
def test_any_text_has_an_answer(name: str, text: str) -> None:
    assert FORMATS[name].matches(text) in {True, False}
