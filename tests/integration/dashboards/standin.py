"""A small HTTP server that stands in for the collector's /metrics.

It serves every metric and closed label combination that the collector has, with
numbers of a plausible fleet, so that dashboards and rules can be tried before
and without a collector.
"""

import http.server
import threading
import time

SITES = ("Centralsjukhuset", "Norra sjukhuset", 'Vård "central" \\ Söder')
REQUIRED_CAS = ("siths-e-id-person-hsa-id-3-ca-v1", "siths-e-id-root-ca-v2")
FINDINGS = ("CARD_EMPTY", "CERT_EXPIRED", "CERT_EXPIRES_SOON", "LOA_TOO_LOW", "NO_READER", "ROOT_MISSING")
STAGES = ("8w", "4w", "2w", "1w", "expired")
TIME_LEFT = ("expired", "lt_1w", "lt_2w", "lt_4w", "lt_8w", "lt_26w", "ge_26w")
BUCKETS = ("0.005", "0.05", "0.5", "+Inf")
YEAR = 365 * 86400


class Text:
    """Builds the exposition format, one metric after the other."""

    def __init__(self):
        self._lines = []

    def metric(self, name, kind):
        self._lines += [f"# HELP {name} Stand-in of {name}.", f"# TYPE {name} {kind}"]

    def sample(self, name, value, **labels):
        escaped = ",".join(
            '%s="%s"' % (k, v.replace("\\", "\\\\").replace('"', '\\"')) for k, v in labels.items()
        )
        self._lines.append(f"{name}{{{escaped}}} {value}" if escaped else f"{name} {value}")

    def __str__(self):
        return "\n".join(self._lines) + "\n"


def _fleet(text, now):
    for name, key, values in (
        ("kortvakt_workstations", "state", {"reporting": 900, "late": 40, "silent": 3, "retired": 1}),
        ("kortvakt_readers", "state", {"ok": 930, "error": 4}),
        ("kortvakt_clock_skew_workstations", "band", {"ok": 930, "lt_5m": 9, "ge_5m": 2, "ge_1d": 1}),
        ("kortvakt_missing_ca_workstations", "ca", {ca: 5 + i for i, ca in enumerate(REQUIRED_CAS)}),
        ("kortvakt_finding_workstations", "finding", {code: 2 + i for i, code in enumerate(FINDINGS)}),
    ):
        text.metric(name, "gauge")
        for site in SITES:
            for value, count in values.items():
                text.sample(name, count, site=site, **{key: value})

    text.metric("kortvakt_cards", "gauge")
    text.metric("kortvakt_certificates", "gauge")
    text.metric("kortvakt_renewals_due", "gauge")
    text.metric("kortvakt_soonest_not_after_timestamp_seconds", "gauge")
    for site in SITES:
        for i, loa in enumerate(("3", "2", "unknown", "none")):
            for presence in ("active", "idle"):
                text.sample("kortvakt_cards", 800 // (i * 9 + 1), site=site, loa=loa, presence=presence)
        for loa in ("3", "2", "unknown"):
            for i, stage in enumerate(STAGES):
                text.sample("kortvakt_renewals_due", 10 - i, site=site, loa=loa, stage=stage)
            for purpose in ("authentication", "signature", "other"):
                for i, left in enumerate(TIME_LEFT):
                    text.sample("kortvakt_certificates", 1 + i * i, site=site, purpose=purpose, loa=loa, time_left=left)
        text.sample("kortvakt_soonest_not_after_timestamp_seconds", now + 86400, site=site)

    text.metric("kortvakt_renewals_forecast", "gauge")
    for month in range(12):
        text.sample("kortvakt_renewals_forecast", 40 + 3 * month, month=str(month))
    text.metric("kortvakt_ca_not_after_timestamp_seconds", "gauge")
    for ca in REQUIRED_CAS + ("siths-root-ca-v1",):
        text.sample("kortvakt_ca_not_after_timestamp_seconds", now + YEAR, ca=ca)
    text.metric("kortvakt_agents", "gauge")
    text.sample("kortvakt_agents", 2800, version="0.1.0", os="linux")


def _service(text, now, ticks):
    text.metric("kortvakt_reports_total", "counter")
    for result in ("accepted", "duplicate", "unchanged", "send_all", "rejected", "unavailable"):
        text.sample("kortvakt_reports_total", 40 * ticks, result=result)
    text.metric("kortvakt_report_rejections_total", "counter")
    for reason in ("not_workstation", "identity_mismatch", "malformed", "too_large", "overloaded"):
        text.sample("kortvakt_report_rejections_total", ticks, reason=reason)
    for name in ("kortvakt_report_duration_seconds", "kortvakt_report_size_bytes"):
        text.metric(name, "histogram")
        for i, bound in enumerate(BUCKETS):
            text.sample(name + "_bucket", ticks * (i + 1), le=bound)
        text.sample(name + "_sum", ticks)
        text.sample(name + "_count", ticks * len(BUCKETS))
    text.metric("kortvakt_notifications_total", "counter")
    for result in ("sent", "failed"):
        text.sample("kortvakt_notifications_total", ticks, result=result)
    for name, kind, value in (
        ("kortvakt_evaluation_last_success_timestamp_seconds", "gauge", now),
        ("kortvakt_storage_up", "gauge", 1),
        ("kortvakt_storage_queue_reports", "gauge", 2),
        ("kortvakt_label_overflow_total", "counter", 0),
    ):
        text.metric(name, kind)
        text.sample(name, value)
    text.metric("kortvakt_build_info", "gauge")
    text.sample("kortvakt_build_info", 1, version="0.1.0")


def metrics_text(now, ticks):
    """The metrics at `now` (Unix time); counters grow with `ticks`."""
    text = Text()
    _fleet(text, now)
    _service(text, now, ticks)
    return str(text)


class StandIn:
    """Serves metrics_text at `address`/metrics from entering to leaving the context."""

    def __enter__(self):
        ticks = [0]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                ticks[0] += 1
                body = metrics_text(int(time.time()), ticks[0]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
