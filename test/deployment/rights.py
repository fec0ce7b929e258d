"""What the roles in manifests/ grant."""

import yaml

from harness.binaries import ROOT


def granted(folder):
    """(where, resource, verb) of the ClusterRole ("everywhere") and the Role ("own") of that folder of manifests/."""
    found = set()
    for where, name in (("everywhere", "clusterrole"), ("own", "role")):
        for rule in yaml.safe_load((ROOT / f"manifests/{folder}/{name}.yaml").read_text())["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    found |= {(where, f"{resource}.{group}" if group else resource, verb) for verb in rule["verbs"]}
    return found
