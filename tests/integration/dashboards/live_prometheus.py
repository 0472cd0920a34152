"""A Prometheus of the test's own: free port, own folder, ended by its process id."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{folder}/rules/*.yml"]
scrape_configs:
  - job_name: kortvakt-collector
    metrics_path: "{path}"
    static_configs: [{{targets: ["{target}"]}}]
"""


class QueryError(Exception):
    """Prometheus refused a request; the message is its own."""


def wait_until(condition, what, seconds=60):
    """Returns condition()'s first truthy answer; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s still not: {what}")


class LivePrometheus:
    """Scrapes `target` (HOST:PORT) every second and evaluates the rules as often."""

    def __init__(self, target, path, rule_files):
        self._target, self._path, self._rule_files = target, path, rule_files

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="kortvakt-prometheus-")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        process = getattr(self, "_process", None)
        if process:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self):
        os.mkdir(f"{self._folder}/rules")
        for file in self._rule_files:
            with open(file, encoding="utf-8") as original:
                text = original.read()
            # Every minute in the field; here nobody waits for a minute.
            text, groups = re.subn(r"(?m)^    interval: 1m$", "    interval: 1s", text)
            assert groups == text.count("  - name: "), f"{file}: a group without 'interval: 1m'"
            with open(f"{self._folder}/rules/{os.path.basename(file)}", "w", encoding="utf-8") as copy:
                copy.write(text)
        with open(f"{self._folder}/prometheus.yml", "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=self._folder, path=self._path, target=self._target))
        log = f"{self._folder}/log"
        with open(log, "w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={self._folder}/prometheus.yml",
                 f"--storage.tsdb.path={self._folder}/data", "--web.listen-address=127.0.0.1:0"],
                stdout=output, stderr=subprocess.STDOUT)

        def address():
            with open(log, encoding="utf-8") as lines:
                text = lines.read()
            if self._process.poll() is not None:
                raise AssertionError("prometheus ended by itself:\n" + text[-2000:])
            found = re.search(r'"Listening on" address=(127\.0\.0\.1:\d+)', text)
            return found and found.group(1)

        self.address = wait_until(address, "prometheus listens")
        wait_until(self._is_ready, "prometheus is ready")

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, call, **parameters):
        """The `data` of an API answer."""
        url = f"http://{self.address}/api/v1/{call}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(json.load(error).get("error", str(error))) from None

    def query(self, expression):
        """The instant vector of `expression` now."""
        return self.get("query", query=expression)["result"]
