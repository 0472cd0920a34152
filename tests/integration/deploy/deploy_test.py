"""The files of deploy/ against the tools that will read them.

Needs promtool, amtool and systemd-analyze.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("KORTVAKT_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
DEPLOY = os.path.join(ROOT, "deploy")
ALERTMANAGER = os.path.join(DEPLOY, "alertmanager/alertmanager.yml")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command, cwd=None):
    """(exit code, all output)"""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd=cwd)
    return done.returncode, done.stdout


class DeployTest(unittest.TestCase):
    def test_prometheus_configuration_is_valid_with_our_rules(self):
        text = read(f"{DEPLOY}/prometheus/prometheus.yml")
        self.assertIn("  - /etc/prometheus/kortvakt/*.yml\n", text)
        with tempfile.TemporaryDirectory() as folder:
            for file in glob.glob(f"{ROOT}/dashboards/rules/*.yml"):
                shutil.copy(file, folder)
            config = f"{folder}/prometheus.yaml"
            with open(config, "w", encoding="utf-8") as file:
                file.write(text.replace("/etc/prometheus/kortvakt", folder))
            code, output = run("promtool", "check", "config", config)
        self.assertEqual(code, 0, output)
        self.assertIn(f"{len(glob.glob(ROOT + '/dashboards/rules/*.yml'))} rule files found", output)

    def test_rules_and_scrape_configuration_agree_on_the_job(self):
        jobs = set(re.findall(r"job_name: (\S+)", read(f"{DEPLOY}/prometheus/prometheus.yml")))
        for file in glob.glob(f"{ROOT}/dashboards/rules/*.yml"):
            self.assertLessEqual(set(re.findall(r'\bjob="([^"]+)"', read(file))), jobs)

    def test_alertmanager_configuration_is_valid(self):
        code, output = run("amtool", "check-config", ALERTMANAGER)
        self.assertEqual(code, 0, output)

    def test_each_kind_of_alert_reaches_who_acts(self):
        for receiver, labels in (
            ("watchdog", "alertname=KortvaktWatchdog severity=none fixed_by=service_owner"),
            ("service-owner", "alertname=KortvaktStorageDown severity=critical fixed_by=service_owner"),
            ("card-office", "alertname=KortvaktRenewalDue severity=info fixed_by=card_office site=Norra"),
            ("card-office", "alertname=KortvaktCardExpiredInUse severity=critical fixed_by=card_office site=Norra"),
            ("card-office-centralsjukhuset", "severity=critical fixed_by=card_office site=Centralsjukhuset"),
            ("card-office-centralsjukhuset", "severity=warning fixed_by=card_office site=Centralsjukhuset"),
            ("local-it", "alertname=KortvaktRequiredCaMissing severity=warning fixed_by=local_it site=Norra"),
            ("service-owner", "alertname=SomethingElse severity=critical"),
        ):
            with self.subTest(labels):
                code, output = run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}",
                                   f"--verify.receivers={receiver}", *labels.split())
                self.assertEqual(code, 0, output)

    def test_units_are_hardened(self):
        # Tenths of systemd's exposure level: 0 is none, 10.0 all. The agent's is 0.5 for becoming
        # users, whose databases it reads.
        for unit, threshold in (("kortvakt-collector.service", 12), ("kortvakt-agent.service", 20)):
            with self.subTest(unit):
                code, output = run("systemd-analyze", "security", "--offline=true", f"--threshold={threshold}",
                                   f"./{unit}", cwd=f"{DEPLOY}/systemd")
                self.assertEqual(code, 0, output[-300:])

    def test_units_have_no_setting_that_systemd_does_not_know(self):
        for path in glob.glob(f"{DEPLOY}/systemd/*.service"):
            with self.subTest(path):
                # A copy that starts a program which is there.
                with tempfile.TemporaryDirectory() as folder:
                    copy = f"{folder}/{os.path.basename(path)}"
                    with open(copy, "w", encoding="utf-8") as file:
                        file.write(re.sub(r"ExecStart=/usr/bin/kortvakt-\w+", "ExecStart=/bin/true", read(path)))
                    _, output = run("systemd-analyze", "verify", "--man=no", copy)
                ours = [line for line in output.splitlines() if os.path.basename(path) in line]
                self.assertEqual(ours, [])

    def test_units_hand_over_the_keys_that_the_sample_configurations_name(self):
        for program in ("agent", "collector"):
            key = re.search(r'(?m)^key = "(.+)"$', read(f"{DEPLOY}/config/{program}.toml")).group(1)
            unit = read(f"{DEPLOY}/systemd/kortvakt-{program}.service")
            name = re.search(r"(?m)^LoadCredential=([^:]+):", unit).group(1)
            self.assertEqual(key, f"/run/credentials/kortvakt-{program}.service/{name}")

    def test_paths_of_the_sample_configurations_are_folders_that_the_units_make(self):
        for program, pattern in (("agent", r'(?m)^(?:folder|path) = "(.+)"$'), ("collector", r'(?m)^path = "(.+)"$')):
            unit = read(f"{DEPLOY}/systemd/kortvakt-{program}.service")
            made = {f"/var/lib/{d}/" for d in re.findall(r"(?m)^StateDirectory=(.+)$", unit)}
            made |= {f"/run/{d}/" for d in re.findall(r"(?m)^RuntimeDirectory=(.+)$", unit)}
            for path in re.findall(pattern, read(f"{DEPLOY}/config/{program}.toml")):
                self.assertTrue(any(path.startswith(folder) for folder in made), path)

    def test_both_sample_configurations_have_the_same_policy(self):
        def policy(program):
            text = read(f"{DEPLOY}/config/{program}.toml")
            return re.search(r"(?ms)^\[policy\].*?(?=^\[policy\.contacts\])", text).group(0)

        self.assertEqual(policy("agent"), policy("collector"))


if __name__ == "__main__":
    unittest.main()
