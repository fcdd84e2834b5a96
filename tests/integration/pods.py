"""The pod security standard "restricted", as https://kubernetes.io/docs/concepts/security/pod-security-standards has it.

Written from that page for the tests: the namespaces of tenants enforce it, and no admission controller runs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_VOLUMES = frozenset(
    ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
)
_SELINUX_TYPES = frozenset(("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"))
_SYSCTLS = frozenset(
    (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    )
)
_SECCOMP = frozenset(("RuntimeDefault", "Localhost"))
_APPARMOR = frozenset(("RuntimeDefault", "Localhost"))


def restricted_violations(pod: dict[str, Any]) -> list[str]:
    """Return what the standard forbids in a pod's spec: nothing, if the namespace admits it."""
    containers = [
        container
        for field in ("initContainers", "containers", "ephemeralContainers")
        for container in pod.get(field) or []
    ]
    own = pod.get("securityContext") or {}
    found = [*_of_pod(pod), *_of_context(own, "the pod")]
    for container in containers:
        found += _of_container(container, own)
    return found


def _of_pod(pod: dict[str, Any]) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"the pod: {field}"
    for volume in pod.get("volumes") or []:
        for kind in volume.keys() - {"name"} - _VOLUMES:
            yield f"the pod: volume of type {kind}"
    for sysctl in (pod.get("securityContext") or {}).get("sysctls") or []:
        if sysctl["name"] not in _SYSCTLS:
            yield f"the pod: sysctl {sysctl['name']}"


def _of_context(context: dict[str, Any], who: str) -> Iterator[str]:
    """What neither a pod nor a container may say."""
    if context.get("runAsNonRoot") is False:
        yield f"{who}: runAsNonRoot is false"
    if context.get("runAsUser") == 0:
        yield f"{who}: runAsUser is 0"
    if (context.get("seccompProfile") or {}).get("type", "RuntimeDefault") not in _SECCOMP:
        yield f"{who}: seccompProfile"
    if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in _APPARMOR:
        yield f"{who}: appArmorProfile"
    labels = context.get("seLinuxOptions") or {}
    if labels.get("type", "") not in _SELINUX_TYPES or labels.get("user") or labels.get("role"):
        yield f"{who}: seLinuxOptions"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield f"{who}: hostProcess"


def _of_container(container: dict[str, Any], pod_context: dict[str, Any]) -> Iterator[str]:
    who = f"container {container['name']}"
    context = container.get("securityContext") or {}
    yield from _of_context(context, who)
    yield from _privileges(context, who)
    if not context.get("runAsNonRoot", pod_context.get("runAsNonRoot")):
        yield f"{who}: runAsNonRoot is not true"
    if not context.get("seccompProfile", pod_context.get("seccompProfile")):
        yield f"{who}: no seccompProfile"
    for port in container.get("ports") or []:
        if port.get("hostPort"):
            yield f"{who}: hostPort"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for action in ("httpGet", "tcpSocket"):
            if ((container.get(probe) or {}).get(action) or {}).get("host"):
                yield f"{who}: {probe}.{action}.host"


def _privileges(context: dict[str, Any], who: str) -> Iterator[str]:
    if context.get("privileged"):
        yield f"{who}: privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{who}: allowPrivilegeEscalation is not false"
    if context.get("procMount", "Default") != "Default":
        yield f"{who}: procMount"
    capabilities = context.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or []):
        yield f"{who}: capabilities.drop lacks ALL"
    if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield f"{who}: capabilities.add"
