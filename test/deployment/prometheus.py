"""A real Prometheus that scrapes what the annotations of a Service say. Debian's has no Kubernetes discovery built in, so the
Pods' addresses are looked up here, as that would do it: those of the Service's endpoints."""

import re

import yaml

from harness.servers import Server


def annotated_targets(kubernetes, namespace, service):
    """(path, ["address:port"]) by the annotations prometheus.io/{scrape,path,port}."""
    annotations = kubernetes.call("GET", f"/api/v1/namespaces/{namespace}/services/{service}")["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true", annotations
    slices = kubernetes.call("GET", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
                             params={"labelSelector": f"kubernetes.io/service-name={service}"})["items"]
    ready = [address for one in slices for endpoint in one["endpoints"] or [] if endpoint["conditions"]["ready"]
             for address in endpoint["addresses"]]
    return annotations["prometheus.io/path"], [f"{address}:{annotations['prometheus.io/port']}" for address in ready]


class Prometheus(Server):
    program = "prometheus"

    def __init__(self, log_directory, path, targets):
        super().__init__(log_directory)
        self.folder = log_directory / "prometheus"
        self.folder.mkdir()
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "soteria", "metrics_path": path, "static_configs": [{"targets": targets}]}]}))

    def arguments(self):
        return ["prometheus", f"--config.file={self.folder}/prometheus.yaml", f"--storage.tsdb.path={self.folder}/data",
                "--web.listen-address=127.0.0.1:0"]

    def ready(self, line):
        found = re.search(r'msg="?Listening on"? address=(\S+)', line)
        return found and f"http://{found.group(1)}"

    def query(self, text):
        """The values of an instant vector, as numbers."""
        answer = self.get("/api/v1/query", params={"query": text})
        assert answer.status_code == 200, answer.text
        return [float(sample["value"][1]) for sample in answer.json()["data"]["result"]]
