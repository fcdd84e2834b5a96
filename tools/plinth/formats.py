"""Formats of strings that the kinds' schemas name, each with the rule that a malformed one breaks.

Sources: Kubernetes' object names and IDs (DNS labels as RFC 1123, label syntax), its resource quantities, the OCI
distribution reference grammar, RFC 5322's addr-spec in its common form, the S3 bucket naming rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from plinth.findings import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})+")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# Kubernetes limits the whole name here, and not each label of it (IsDNS1123Subdomain).
# On a namespace such labels would loosen what is admitted into it, or make it look like another one.
_RESERVED_LABEL = re.compile(r"(?:[^/]*\.)?(?:kubernetes\.io|k8s\.io|argoproj\.io|plinth)/")
_DNS_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, without a sign: nothing here is owed.
_QUANTITY = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?")
# What people mean of the quantities: nobody asks for gibibytes of cores, for thousandths of a byte or for a bare 96 bytes.
_CPU = re.compile(r"[0-9]+(?:\.[0-9]{1,3})?|[0-9]+m")
_MEMORY = re.compile(r"0|[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i|[kMGTPE])")
_DURATION = re.compile(r"(?=.)(?:([0-9]{1,4})h)?(?:([0-9]{1,4})m)?(?:([0-9]{1,5})s)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+|localhost)(?::[0-9]+)?"
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}"
)
_EXACT_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_EMAIL = re.compile(rf"[A-Za-z0-9._%+-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_ENVIRONMENT_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BUCKET = re.compile(r"(?!xn--|.*--|.*-s3alias$)[a-z0-9][a-z0-9-]{1,45}[a-z0-9]")
_ARTIFACT_URI = re.compile(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\s?#\x00-\x1f\x7f]+|oci://[^\s\x00-\x1f\x7f]+@sha256:[0-9a-f]{64}"
)
# What cronsim, Airflow's croniter and Argo CD's robfig/cron all read: numbers and names, lists, ranges and steps; no L, W,
# # or ?, and Sunday is 0.
_CRON_ITEM = r"(?:\*|[0-9]{1,2}(?:-[0-9]{1,2})?|[A-Za-z]{3}(?:-[A-Za-z]{3})?)(?:/[0-9]{1,2})?"
_CRON_FIELD = rf"{_CRON_ITEM}(?:,{_CRON_ITEM})*"
_CRON = re.compile(rf"{_CRON_FIELD}(?: {_CRON_FIELD}){{3}} (?!.*[7-9]){_CRON_FIELD}")
_CAPABILITY = re.compile(
    rf"[a-z][a-z0-9-]{{0,61}}[a-z0-9]|crd:{_LABEL}(?:\.{_LABEL})*"
    rf"|(?:secret|configmap|serviceaccount):{_LABEL}/[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class Format:
    """A named format: how to check it, what to say of a value that does not have it, and under which rule."""

    matches: Callable[[str], bool]
    expected: str
    rule: Rule


def _rule(name: str, summary: str, why: str, wrong: str, right: str) -> Rule:
    return Rule(name, summary, why, wrong, right)


NAME_MALFORMED = _rule(
    "name-malformed",
    "Names are DNS labels.",
    "Names become namespaces, services and host names, and Kubernetes accepts only DNS labels there: lower-case letters, "
    "digits and hyphens, at most 63 characters. They also begin with a letter, so that no reader takes one for a number.",
    "kind: Tenant\nmetadata: {name: Flights_Team}\n",
    "kind: Tenant\nmetadata: {name: flights}\n",
)
DOMAIN_MALFORMED = _rule(
    "domain-malformed",
    "Domains are DNS names.",
    "Host names, certificates and routes are made from them.",
    "kind: Platform\nspec: {domain: https://ml.example.com}\n",
    "kind: Platform\nspec: {domain: ml.example.com}\n",
)
LABEL_MALFORMED = _rule(
    "label-malformed",
    "Labels have the form that Kubernetes accepts.",
    "A label's value has at most 63 letters, digits, hyphens, underscores and dots, and begins and ends with a letter or "
    "digit; its key may have a DNS name and a slash before it.",
    "kind: Platform\nspec: {labels: {part-of: the ML platform}}\n",
    "kind: Platform\nspec: {labels: {part-of: ml-platform}}\n",
)
QUANTITY_MALFORMED = _rule(
    "quantity-malformed",
    "Amounts of resources are Kubernetes quantities.",
    "A number with an optional suffix, written as text. Processors are counted in cores: 2, 0.5 or 500m. Memory and storage have "
    "a unit: 4Gi is 4 × 1024³ bytes, 4G is 4 × 1000³.",
    "kind: Tenant\nspec: {quota: {memory: 64 GB}}\n",
    "kind: Tenant\nspec: {quota: {memory: 64Gi}}\n",
)
DURATION_MALFORMED = _rule(
    "duration-malformed",
    "Durations are written in hours, minutes and seconds.",
    "1h30m, 45m, 90s: the same everywhere, in declarations of every kind. Zero is not a duration.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, timeout: 2 hours}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, timeout: 2h}]}\n",
)
CRON_MALFORMED = _rule(
    "cron-malformed",
    "Schedules are cron expressions of five fields.",
    "Minute, hour, day of month, month, day of week. An expression that no scheduler can read would only fail at run time.",
    "kind: Pipeline\nspec: {schedule: {cron: every day}}\n",
    'kind: Pipeline\nspec: {schedule: {cron: "30 4 * * *"}}\n',
)
TIME_ZONE_UNKNOWN = _rule(
    "time-zone-unknown",
    "Time zones are names of the IANA database.",
    "Europe/London knows daylight saving; BST or GMT+1 do not mean the same to everybody.",
    "kind: Pipeline\nspec: {schedule: {timeZone: London}}\n",
    "kind: Pipeline\nspec: {schedule: {timeZone: Europe/London}}\n",
)
DATE_MALFORMED = _rule(
    "date-malformed",
    "Dates are written year-month-day.",
    "ISO 8601, as 2026-01-31: the one form that is read alike on both sides of the Atlantic.",
    "kind: Pipeline\nspec: {schedule: {startDate: 31/01/2026}}\n",
    "kind: Pipeline\nspec: {schedule: {startDate: 2026-01-31}}\n",
)
IMAGE_MALFORMED = _rule(
    "image-malformed",
    "Images are named with their registry and pinned by digest.",
    "A tag can be moved to other bytes after the review, a digest cannot; and an image without a registry comes from "
    "wherever the node looks first.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {image: python:latest}}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {image: "
    "registry.example.com/flights/prepare@sha256:" + "1f" * 32 + "}}]}\n",
)
VERSION_NOT_EXACT = _rule(
    "version-not-exact",
    "Charts are pinned to an exact version.",
    "With a range, the cluster changes when somebody else publishes, and nobody reviews it.",
    'kind: Component\nspec: {source: {helm: {version: "1.x"}}}\n',
    "kind: Component\nspec: {source: {helm: {version: 1.2.3}}}\n",
)
EMAIL_MALFORMED = _rule(
    "email-malformed",
    "Owners are named by an e-mail address.",
    "Somebody must be reachable when it breaks; a shared mailbox outlives people's moves.",
    "kind: Tenant\nspec: {owners: [the flights team]}\n",
    "kind: Tenant\nspec: {owners: [flights@ml.example.com]}\n",
)
VARIABLE_NAME_MALFORMED = _rule(
    "environment-variable-malformed",
    "Environment variables have names that a shell accepts.",
    "Letters, digits and underscores, not beginning with a digit (POSIX). Others cannot be read by many programs.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {environment: {log-level: info}}}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {environment: {LOG_LEVEL: info}}}]}\n",
)
BUCKET_MALFORMED = _rule(
    "bucket-name-malformed",
    "Buckets have names that S3 accepts.",
    "3 to 47 lower-case letters, digits and single hyphens: S3 allows 63, and the environment's name is put before it.",
    "kind: Dataset\nspec: {location: {bucket: Flights_Features}}\n",
    "kind: Dataset\nspec: {location: {bucket: flights-features}}\n",
)
ARTIFACT_URI_MALFORMED = _rule(
    "artifact-uri-mutable",
    "A release's artifact is an address whose bytes stay the same.",
    "An object in the store (s3://bucket/key) or an OCI artifact by digest. An address like models:/ontime/latest comes to "
    "mean another model without a review.",
    "kind: Release\nspec: {artifact: {uri: models:/ontime/latest}}\n",
    "kind: Release\nspec: {artifact: {uri: s3://flights-models/ontime/7/model}}\n",
)
DIGEST_MALFORMED = _rule(
    "digest-malformed",
    "Digests are SHA-256, in lower-case hexadecimal.",
    "sha256: and 64 hexadecimal digits: what proves that the bytes that serve are the bytes that were reviewed.",
    "kind: Release\nspec: {artifact: {digest: sha256:abc}}\n",
    "kind: Release\nspec: {artifact: {digest: sha256:" + "1f" * 32 + "}}\n",
)
CAPABILITY_MALFORMED = _rule(
    "capability-malformed",
    "Capabilities are a name, or a class and what it names.",
    "object-store, crd:serving.kserve.io, secret:mlflow/database: the words by which components find each other.",
    "kind: Component\nspec: {provides: [Object Store]}\n",
    "kind: Component\nspec: {provides: [object-store]}\n",
)


def is_label_key(text: str) -> bool:
    """Whether Kubernetes accepts a text as a label's or annotation's key."""
    prefix, slash, name = text.rpartition("/")
    return bool(_QUALIFIED_NAME.fullmatch(name)) and (not slash or bool(_DNS_SUBDOMAIN.fullmatch(prefix)))


def is_label_value(text: str) -> bool:
    """Whether Kubernetes accepts a text as a label's value; the empty one is accepted."""
    return not text or bool(_QUALIFIED_NAME.fullmatch(text))


def duration_seconds(text: str) -> int:
    """Convert a duration such as ``1h30m`` to seconds. Raises ``ValueError`` if it is malformed or zero."""
    match = _DURATION.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if not total:
        raise ValueError(f"{text!r} is not a duration")
    return total


def _duration(text: str) -> bool:
    try:
        return duration_seconds(text) > 0
    except ValueError:
        return False


def _cron(text: str) -> bool:
    from datetime import UTC, datetime  # noqa: PLC0415 - only when a schedule is checked

    from cronsim import CronSim, CronSimError  # noqa: PLC0415

    if not _CRON.fullmatch(text):
        return False
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        return False
    return True


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    from importlib.resources import files  # noqa: PLC0415 - only when a schedule is checked

    # The package's list, not the machine's: the same names everywhere.
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_dns_label(text: str) -> bool:
    """Whether a text may name a namespace: RFC 1123, and beginning with a letter."""
    return bool(_DNS_LABEL.fullmatch(text))


def is_dns_subdomain(text: str) -> bool:
    """Whether a text may name most Kubernetes objects: RFC 1123's labels with dots between, at most 253 characters."""
    return bool(_DNS_SUBDOMAIN.fullmatch(text))


def is_quantity(text: str) -> bool:
    """Whether a text is a Kubernetes quantity of nothing or more."""
    return bool(_QUANTITY.fullmatch(text))


FORMATS: dict[str, Format] = {
    "dns-label": Format(
        is_dns_label,
        "at most 63 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
        NAME_MALFORMED,
    ),
    "dns-name": Format(
        lambda text: bool(_DNS_NAME.fullmatch(text)), "a DNS name such as ml.example.com", DOMAIN_MALFORMED
    ),
    "label-key": Format(
        lambda text: is_label_key(text) and not _RESERVED_LABEL.match(text),
        "a label key such as example.com/team; those of Kubernetes, Argo CD and plinth are theirs",
        LABEL_MALFORMED,
    ),
    "label-value": Format(is_label_value, "at most 63 letters, digits, hyphens, underscores and dots", LABEL_MALFORMED),
    "cpu": Format(
        lambda text: bool(_CPU.fullmatch(text)),
        "cores such as 2 or 0.5, or thousandths of one such as 500m",
        QUANTITY_MALFORMED,
    ),
    "memory": Format(
        lambda text: bool(_MEMORY.fullmatch(text)), "an amount with its unit, such as 512Mi or 4Gi", QUANTITY_MALFORMED
    ),
    "duration": Format(_duration, "a duration such as 1h30m, 45m or 90s", DURATION_MALFORMED),
    "cron": Format(_cron, 'five cron fields such as "30 4 * * 1-5" that some day match', CRON_MALFORMED),
    "time-zone": Format(
        lambda text: text in _time_zones(), "a name of the IANA database such as Europe/London", TIME_ZONE_UNKNOWN
    ),
    "date": Format(_date, "a date such as 2026-01-31", DATE_MALFORMED),
    "image": Format(
        lambda text: bool(_IMAGE.fullmatch(text)),
        "an image with its registry and digest, such as registry.example.com/team/image@sha256:…",
        IMAGE_MALFORMED,
    ),
    "exact-version": Format(
        lambda text: bool(_EXACT_VERSION.fullmatch(text)), "an exact version such as 1.2.3", VERSION_NOT_EXACT
    ),
    "email": Format(lambda text: bool(_EMAIL.fullmatch(text)), "an e-mail address", EMAIL_MALFORMED),
    "environment-variable": Format(
        lambda text: bool(_ENVIRONMENT_VARIABLE.fullmatch(text)),
        "letters, digits and underscores, not beginning with a digit",
        VARIABLE_NAME_MALFORMED,
    ),
    "bucket-name": Format(
        lambda text: bool(_BUCKET.fullmatch(text)),
        "3 to 47 lower-case letters, digits and single hyphens",
        BUCKET_MALFORMED,
    ),
    "artifact-uri": Format(
        lambda text: bool(_ARTIFACT_URI.fullmatch(text)),
        "s3://bucket/key, or oci://registry/name@sha256:…",
        ARTIFACT_URI_MALFORMED,
    ),
    "digest": Format(
        lambda text: bool(_DIGEST.fullmatch(text)), "sha256: and 64 lower-case hexadecimal digits", DIGEST_MALFORMED
    ),
    "capability": Format(
        lambda text: bool(_CAPABILITY.fullmatch(text)),
        "a name such as object-store, or crd:<group>, secret:<namespace>/<name>, configmap:…, serviceaccount:…",
        CAPABILITY_MALFORMED,
    ),
}

RULES = tuple(dict.fromkeys(format_.rule for format_ in FORMATS.values()))
