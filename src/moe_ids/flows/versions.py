"""The two versions of the course's flows.

``v1`` follows one fixed recipe. ``v2`` is a later capture of the same network: people moved from
http to https, video calls came, attackers changed their tools, and from the middle on one of the
two sensors no longer labels two classes of attacks.
"""

from __future__ import annotations

from dataclasses import replace

from moe_ids.flows.recipe import Attack, Fault, Gap, Recipe, Shape, Way

_LN_3, _LN_5, _LN_15 = 1.0986, 1.6094, 2.7081

_HTTP = Shape((80,), (1.8, 0.6), 1.1, (5.2, 0.6), (6.3, 0.8), (0.2, 1.5))
_HTTPS = Shape((443,), (2.2, 0.7), 1.1, (5.0, 0.6), (6.4, 0.7), (1.0, 1.6))
_UPLOAD = Shape((443,), (4.5, 0.8), 0.5, (6.9, 0.3), (4.2, 0.4), (2.5, 0.8))
_FAILED_PORTS = (21, 25, 139, 445, 3389, 8080)
_SERVICES = {
    "dns": (34, Shape((53,), (0.5, 0.3), 1.0, (3.7, 0.25), (4.8, 0.5), (-6.0, 1.2), "udp")),
    "https": (38, _HTTPS),
    "http": (14, _HTTP),
    "ssh": (3, Shape((22,), (2.8, 0.35), 1.15, (4.6, 0.25), (4.9, 0.25), (1.1, 0.7))),
    "keep-alive": (4, Shape((443,), (1.1, 0.25), 1.0, (3.9, 0.15), (4.0, 0.15), (-1.2, 0.5))),
    "failed": (5, Shape(_FAILED_PORTS, (0.3, 0.3), 0.2, (0.2, 0.3), (0.2, 0.3), (-4.5, 1.5))),
    "upload": (2, _UPLOAD),
}
_FLOOD = Shape((80,), (1.6, 0.4), None, (3.6, 0.5), (5.8, 1.2), (2.2, 1.6))
_GUESS = Shape((22,), (2.4, 0.08), 1.3, (4.3, 0.03), (5.0, 0.03), (0.1, 0.1))
_BEACON = Shape((8080,), (1.1, 0.1), 1.0, (4.8, 0.1), (5.5, 0.1), (-1.0, 0.3))
_ATTACK_SHAPES = {
    "flood": _FLOOD,
    "probe": Shape((), (0.0, 0.0), 1.0, (0.2, 0.3), (1.8, 0.15), (-9.0, 0.6)),
    "guess": _GUESS,
    "injection": replace(_HTTP, forward_length=(5.2 + _LN_5, 0.6), duration=(0.2 + _LN_15, 1.5)),
    "beacon": _BEACON,
    "theft": replace(_UPLOAD, packets=(4.5 + _LN_3, 0.8)),
}
_FEW = (8, 16)
_ATTACKS = (
    Attack("DoS", 0.40, Way("flood", Gap(0.02, 0.02)), Way("http", Gap(0.2, 0.2), _FEW), 0.02),
    Attack(
        "PortScan", 0.28, Way("probe", Gap(0.03, 0.03)), Way("failed", Gap(0.4, 0.4), _FEW), 0.03
    ),
    Attack(
        "BruteForce",
        0.16,
        Way("guess", Gap(1.2, 1.2, 0.1)),
        Way("ssh", Gap(1.2, 1.2, 0.1), _FEW, repeated=0.02),
        0.10,
    ),
    Attack(
        "WebAttack", 0.07, Way("injection", Gap(0.6, 0.6)), Way("http", Gap(0.6, 0.6), _FEW), 0.06
    ),
    Attack(
        "Bot",
        0.08,
        Way("beacon", Gap(10.0, 30.0, 0.02)),
        Way("keep-alive", Gap(10.0, 30.0, 0.02), _FEW, repeated=0.0),
        0.15,
    ),
    Attack(
        "Infiltration",
        0.01,
        Way("theft", Gap(40.0, 40.0), (2, 4)),
        Way("upload", Gap(40.0, 40.0), (2, 4)),
        0.30,
    ),
)
#: The labels of all classes, the benign one first.
LABELS = ("BENIGN", *(attack.label for attack in _ATTACKS))

_V1 = Recipe(seed=2018, services=_SERVICES, attack_shapes=_ATTACK_SHAPES, attacks=_ATTACKS)
_LATER_SERVICES = {
    "dns": (32, _SERVICES["dns"][1]),
    "https": (40, replace(_HTTPS, forward_length=(5.3, 0.6), backward_length=(6.7, 0.7))),
    "http": (5, _HTTP),
    "ssh": _SERVICES["ssh"],
    "keep-alive": (7, _SERVICES["keep-alive"][1]),
    "failed": _SERVICES["failed"],
    "upload": _SERVICES["upload"],
    "video": (6, Shape((3478,), (5.0, 0.8), 0.9, (5.2, 0.4), (6.6, 0.3), (3.5, 1.0), "udp")),
}
_LATER_ATTACK_SHAPES = _ATTACK_SHAPES | {
    "flood": Shape((80,), (2.0, 0.5), None, (4.6, 0.5), (6.0, 1.0), (1.0, 1.2)),
    "guess": Shape((22,), (2.7, 0.15), 1.3, (4.5, 0.1), (4.9, 0.1), (0.6, 0.2)),
    "beacon": Shape((8443,), (1.1, 0.1), 1.0, (4.3, 0.2), (4.5, 0.2), (-1.0, 0.3)),
}
_V2 = replace(
    _V1,
    seed=2019,
    services=_LATER_SERVICES,
    attack_shapes=_LATER_ATTACK_SHAPES,
    fault=Fault(labels=("BruteForce", "Bot"), first_host=21, after=0.5),
)
RECIPES = {"v1": _V1, "v2": _V2}
