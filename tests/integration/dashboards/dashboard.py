"""What the tests need to know of a Grafana dashboard and of PromQL."""

import json
import re

# Stands for what Grafana puts in; the order matters, longer names first.
VARIABLES = {
    "$__rate_interval": "1m",
    "$__interval": "1m",
    "$__range": "1h",
    "${site}": ".*",
    "$site": ".*",
}

_SELECTOR = re.compile(r"\b((?:kortvakt_|[a-z_]+:kortvakt_)[a-z0-9_]+(?::[a-z0-9_]+)?|up)\b(\{[^{}]*\})?")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^()]*)\)")
_MATCHERS = re.compile(r"\{[^{}]*\}")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def data_panels(dashboard):
    """Panels that show data, also those inside collapsed rows."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def all_panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def resolve(expression):
    """`expression` with Grafana's variables replaced."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def expressions(dashboard):
    """(panel title, resolved expression, legend) of every target and variable."""
    for panel in data_panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], resolve(target["expr"]), target.get("legendFormat", "")


def selectors(expression):
    """Every vector selector on Kortvakt's metrics, or on `up`, as written."""
    bare = re.sub(_GROUPING, " ", expression)
    return [name + (matchers or "") for name, matchers in _SELECTOR.findall(bare)]


def metric_names(expression):
    """Names of the metrics read; a histogram's parts count as the histogram."""
    names = (re.sub(_MATCHERS, "", s) for s in selectors(expression))
    return {re.sub(r"_(bucket|sum|count)$", "", n) for n in names}


def grouping_labels(expression):
    """Labels named in by (…), on (…) and the like."""
    found = ",".join(_GROUPING.findall(expression)).split(",")
    return {label.strip() for label in found if label.strip()}


def has_comparison(expression):
    """Whether the expression may rightly be empty: it keeps only what exceeds something."""
    return re.search(r"[<>]|==|!= ", re.sub(_MATCHERS, "", expression)) is not None
