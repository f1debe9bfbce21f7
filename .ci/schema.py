"""Another implementation reads proxy_conf.schema.json: is it a schema, does it take our files, does it refuse mistakes?"""

import copy
import json
import re
import sys

from jsonschema import Draft202012Validator


def read(path):
    """JSON with comments on lines of their own, and with trailing commas."""
    text = re.sub(r"^\s*//.*$", "", open(path, encoding="utf-8").read(), flags=re.MULTILINE)
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", text))


schema = json.load(open("proxy_conf.schema.json", encoding="utf-8"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)

for path in ["proxy_conf.json", "gateway/src/cli/init/proxy_conf.json"]:
    for error in validator.iter_errors(read(path)):
        sys.exit(f"{path}: {error.json_path}: {error.message}")

start = read("gateway/src/cli/init/proxy_conf.json")
mistakes = {
    "an unknown setting": {"sever": {}},
    "an unknown member": {"/pay": {"upstream": "https://a.example", "timout": "2s"}},
    "no target": {"/pay": {"ttl": "1h"}},
    "a bare number for a duration": {"/pay": {"upstream": "https://a.example", "ttl": 30}},
    "null": {"/pay": {"upstream": "https://a.example", "ttl": None}},
    "a method that is none": {"/pay": {"upstream": "https://a.example", "methods": ["get"]}},
    "nothing to sign with": {"receipts": {"keyid": "k"}},
    "a rate of nothing": {"/pay": {"upstream": "https://a.example", "rate": {"per_second": 0}}},
}
for name, change in mistakes.items():
    if validator.is_valid({**copy.deepcopy(start), **change}):
        sys.exit(f"the schema takes {name}")
print(f"a schema of 2020-12; two files taken, {len(mistakes)} mistakes refused")
