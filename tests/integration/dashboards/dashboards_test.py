"""Dashboards and rules against the tools and servers that will read them.

Needs promtool and prometheus. KORTVAKT_METRICS_URL makes LiveExpressionsTest scrape
a running collector instead of the stand-in.
"""

import glob
import os
import re
import subprocess
import unittest
import urllib.parse
import urllib.request

import dashboard as grafana
from live_prometheus import LivePrometheus, QueryError, wait_until
from standin import StandIn

ROOT = os.environ.get("KORTVAKT_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
FOLDER = os.path.join(ROOT, "dashboards")
RULE_FILES = sorted(glob.glob(f"{FOLDER}/rules/*.yml"))
RULE_TESTS = sorted(glob.glob(f"{FOLDER}/tests/*.yml"))
DASHBOARDS = sorted(glob.glob(f"{FOLDER}/*.json"))

# The interface that dashboards may rely on; each is used by a dashboard or a rule.
METRICS = {
    "kortvakt_workstations", "kortvakt_readers", "kortvakt_cards", "kortvakt_certificates",
    "kortvakt_renewals_due", "kortvakt_renewals_forecast", "kortvakt_soonest_not_after_timestamp_seconds",
    "kortvakt_missing_ca_workstations", "kortvakt_ca_not_after_timestamp_seconds",
    "kortvakt_finding_workstations", "kortvakt_clock_skew_workstations", "kortvakt_agents",
    "kortvakt_reports_total", "kortvakt_report_rejections_total", "kortvakt_report_duration_seconds",
    "kortvakt_report_size_bytes", "kortvakt_evaluation_last_success_timestamp_seconds", "kortvakt_storage_up",
    "kortvakt_storage_queue_reports", "kortvakt_notifications_total", "kortvakt_label_overflow_total",
    "kortvakt_build_info",
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command):
    """(exit code, all output)"""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    return done.returncode, done.stdout


def alert_blocks():
    """{alert: its text} of all rule files, read as text: one "- alert:" each."""
    blocks = {}
    for file in RULE_FILES:
        for block in re.split(r"(?m)^      - (?=alert: |record: )", read(file))[1:]:
            name = re.match(r"alert: (\S+)", block)
            if name:
                blocks[name.group(1)] = block
    return blocks


class RulesTest(unittest.TestCase):
    def test_promtool_accepts_every_rule_file(self):
        self.assertTrue(RULE_FILES)
        code, output = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)
        self.assertEqual(code, 0, output)

    def test_alerts_fire_and_stay_quiet_as_their_tests_say(self):
        self.assertTrue(RULE_TESTS)
        code, output = run("promtool", "test", "rules", *RULE_TESTS)
        self.assertEqual(code, 0, output)

    def test_recording_rules_come_first_in_every_test(self):
        for path in RULE_TESTS:
            self.assertRegex(read(path), r"(?m)^group_eval_order: \[kortvakt-recording, ", path)

    def test_every_alert_is_tested_firing_and_quiet(self):
        cases = re.findall(r"alertname: (\w+)\n\s+exp_alerts:( \[\])?", "".join(map(read, RULE_TESTS)))
        quiet = {name for name, empty in cases if empty}
        firing = {name for name, empty in cases if not empty}
        alerts = set(alert_blocks())
        self.assertEqual(firing, alerts)
        self.assertEqual(quiet, alerts - {"KortvaktWatchdog"})

    def test_every_alert_says_how_bad_who_acts_and_what_to_do_in_both_languages(self):
        for name, block in alert_blocks().items():
            with self.subTest(alert=name):
                self.assertRegex(block, r"\n          severity: (critical|warning|info|none)\n")
                self.assertRegex(block, r"\n          fixed_by: (user|local_it|card_office|service_owner)\n")
                for annotation in ("summary", "description", "summary_sv", "description_sv"):
                    self.assertIn(f"\n          {annotation}: ", block)

    def test_every_alert_points_at_its_section_of_the_runbook_and_no_section_is_left_over(self):
        for name, block in alert_blocks().items():
            self.assertIn(f"runbook_url: dashboards/runbook.md#{name.lower()}\n", block)
        sections = re.findall(r"(?m)^## (Kortvakt\w+)$", read(f"{FOLDER}/runbook.md"))
        self.assertEqual(sorted(sections), sorted(alert_blocks()))

    def test_no_text_from_a_workstation_stands_in_a_command_to_be_copied(self):
        # A site's name may come from a workstation; in a shell it could do harm.
        for name, block in alert_blocks().items():
            self.assertNotRegex(block, r"--site\s+\S*\{\{", name)


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(DASHBOARDS)
        self.boards = {os.path.basename(path): grafana.load(path) for path in DASHBOARDS}

    def test_panel_ids_are_unique(self):
        for name, board in self.boards.items():
            ids = [panel["id"] for panel in grafana.all_panels(board)]
            self.assertEqual(len(ids), len(set(ids)), name)

    def test_dashboard_uids_are_unique(self):
        uids = [board["uid"] for board in self.boards.values()]
        self.assertEqual(len(uids), len(set(uids)))

    def test_panels_lie_within_the_grid_and_do_not_overlap(self):
        for name, board in self.boards.items():
            taken = {}
            for panel in board["panels"]:
                grid = panel["gridPos"]
                self.assertLessEqual(grid["x"] + grid["w"], 24, panel["title"])
                for x in range(grid["x"], grid["x"] + grid["w"]):
                    for y in range(grid["y"], grid["y"] + grid["h"]):
                        other = taken.setdefault((x, y), panel["title"])
                        self.assertEqual(other, panel["title"], f"{name}: overlap at {x},{y}")

    def test_every_panel_has_title_description_unit_and_text_for_no_data(self):
        for board in self.boards.values():
            for panel in grafana.data_panels(board):
                with self.subTest(panel=panel["title"]):
                    self.assertGreater(len(panel["title"]), 3)
                    self.assertGreater(len(panel["description"]), 20)
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    self.assertTrue(panel["fieldConfig"]["defaults"]["noValue"])

    def test_every_panel_asks_the_chosen_data_source_something(self):
        for board in self.boards.values():
            for panel in grafana.data_panels(board):
                refs = [target["refId"] for target in panel["targets"]]
                self.assertTrue(refs, panel["title"])
                self.assertEqual(len(refs), len(set(refs)), panel["title"])
                for holder in [panel, *panel["targets"]]:
                    self.assertEqual(holder["datasource"], {"type": "prometheus", "uid": "${datasource}"})

    def test_variables_that_are_used_exist_and_those_that_exist_are_used(self):
        for name, board in self.boards.items():
            declared = {variable["name"] for variable in board["templating"]["list"]}
            text = read(f"{FOLDER}/{name}")
            used = {a or b for a, b in re.findall(r"\$\{(\w+)\}|\$(\w+)", text)}
            self.assertEqual({v for v in used if not v.startswith("__")}, declared)
            for panel in grafana.data_panels(board):
                for target in panel["targets"]:
                    self.assertNotIn("$", grafana.resolve(target["expr"]), panel["title"])

    def test_stages_have_the_same_colour_everywhere(self):
        colours = {}
        for board in self.boards.values():
            for panel in grafana.data_panels(board):
                if "stage" not in panel["targets"][0]["expr"]:
                    continue
                for override in panel["fieldConfig"]["overrides"]:
                    for setting in override["properties"]:
                        if setting["id"] == "color":
                            name = override["matcher"]["options"]
                            colour = setting["value"]["fixedColor"]
                            self.assertEqual(colours.setdefault(name, colour), colour, name)
        self.assertEqual(len(colours), 5)


class LiveExpressionsTest(unittest.TestCase):
    """Against a real Prometheus that has scraped the stand-in, or a real collector."""

    @classmethod
    def setUpClass(cls):
        url = os.environ.get("KORTVAKT_METRICS_URL", "")
        cls.real = bool(url)
        if not url:
            url = f"http://{cls.enterClassContext(StandIn()).address}/metrics"
        cls.url = url
        parts = urllib.parse.urlsplit(url)
        cls.server = cls.enterClassContext(LivePrometheus(parts.netloc, parts.path, RULE_FILES))
        # Rates need several scrapes; the last record of the last recording is the sign that all is in.
        wait_until(lambda: cls.server.query('sum_over_time(up{job="kortvakt-collector"}[5m]) >= 4'), "4 scrapes")
        wait_until(lambda: cls.server.query("job:kortvakt_reports:rate30m"), "recording rules have run")
        cls.labels = {}
        for series in cls.server.get("series", **{"match[]": '{job="kortvakt-collector"}'}):
            name = re.sub(r"_(bucket|sum|count)$", "", series["__name__"])
            cls.labels.setdefault(name, set()).update(series)
        rules = [rule for group in cls.server.get("rules")["groups"] for rule in group["rules"]]
        for rule in rules:
            if rule["type"] == "recording":
                for result in cls.server.query(rule["name"]):
                    cls.labels.setdefault(rule["name"], set()).update(result["metric"])
        cls.expressions = [(f"rule {rule['name']}", rule["query"], "") for rule in rules]
        for path in DASHBOARDS:
            cls.expressions += [(f"panel {t}", e, l) for t, e, l in grafana.expressions(grafana.load(path))]

    @classmethod
    def enterClassContext(cls, manager):  # unittest has it since Python 3.11 only
        value = manager.__enter__()
        cls.addClassCleanup(manager.__exit__, None, None, None)
        return value

    def test_the_scraped_text_is_as_promtool_wants_it(self):
        with urllib.request.urlopen(self.url, timeout=20) as answer:
            text = answer.read()
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr.decode() + done.stdout.decode())

    def test_every_metric_of_the_interface_is_scraped(self):
        self.assertEqual(METRICS - set(self.labels), set())

    def test_every_metric_of_the_interface_is_shown_or_watched(self):
        used = set().union(*(grafana.metric_names(expression) for _, expression, _ in self.expressions))
        self.assertEqual(METRICS - used, set())

    def test_every_expression_is_valid_and_has_data(self):
        for where, expression, _ in self.expressions:
            with self.subTest(where, expression=expression):
                try:
                    result = self.server.query(expression)
                except QueryError as error:
                    self.fail(f"{where}: {error}")
                # An alert is empty while nothing is wrong, and so is a list of faults.
                may_be_empty = where.startswith("rule Kortvakt") or (
                    self.real and grafana.has_comparison(expression))
                if not may_be_empty:
                    self.assertTrue(result, "no data")

    def test_every_selector_finds_series(self):
        # Tells a label value that no metric has, also inside alerts, which may be empty.
        for where, expression, _ in self.expressions:
            for selector in grafana.selectors(expression):
                with self.subTest(where, selector=selector):
                    self.assertTrue(self.server.query(selector), "no such series")

    def test_every_metric_read_exists(self):
        for where, expression, _ in self.expressions:
            for name in grafana.metric_names(expression):
                self.assertIn(name, self.labels, where)

    def test_every_label_named_exists_on_the_metrics_it_is_used_with(self):
        for where, expression, legend in self.expressions:
            known = {"le"}.union(*(self.labels.get(n, ()) for n in grafana.metric_names(expression)))
            named = grafana.grouping_labels(expression) | set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend))
            self.assertLessEqual(named, known, where)

    def test_the_site_variable_has_values(self):
        for path in DASHBOARDS:
            for variable in grafana.load(path)["templating"]["list"]:
                match = re.fullmatch(r"label_values\((.+), (\w+)\)", str(variable.get("definition", "")))
                if match:
                    values = self.server.get(f"label/{match.group(2)}/values", **{"match[]": match.group(1)})
                    self.assertTrue(values, variable["name"])


if __name__ == "__main__":
    unittest.main()
