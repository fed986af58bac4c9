"""What a JSON Schema cannot say of Crucible's requests, said to Schemathesis. No check is switched off here."""

import base64
import itertools
import json
import os
import re
import urllib.request

import schemathesis
from hypothesis import strategies as st

with open(os.environ["CRUCIBLE_DEV"], encoding="utf-8") as file:
    DEV = json.load(file)

STRANGER = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"


def invoice(amount):
    asked = urllib.request.Request(
        DEV["invoiceUrl"],
        data=json.dumps({"amount": amount}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["invoice"]


INVOICES = [invoice(amount) for amount in (1, 2, 5, 21, 100, 1_000_000)]

# Both have checksums, and which mints are taken is configured.
schemathesis.openapi.format("npub", st.sampled_from([DEV["npub"], STRANGER]))
schemathesis.openapi.format("mint-url", st.just(DEV["mintUrl"]))
schemathesis.openapi.format("mint-unit", st.just("sat"))
# Cursors are told by the server, and this is one that it could have told.
CURSOR = base64.urlsafe_b64encode(b"1795229787123.tx_melt_1").decode().rstrip("=")
schemathesis.openapi.format("cursor", st.just(CURSOR))
REPORT_CURSOR = base64.urlsafe_b64encode(b"1795229787123.sup_0123456789abcdef0123").decode().rstrip("=")
schemathesis.openapi.format("report-cursor", st.just(REPORT_CURSOR))
# Whatever is no token is refused, and what is one was spent, or is of another mint.
schemathesis.openapi.format("cashu-token", st.text(min_size=1, max_size=200))
KEYS = [DEV["npub"], STRANGER, "02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"]
schemathesis.openapi.format("cashu-pubkey", st.sampled_from(KEYS))
schemathesis.openapi.format("bolt11", st.sampled_from(INVOICES) | st.text(min_size=1, max_size=200))

WALLET_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)
UNQUOTED_KEY = re.compile(r"[!#-~](?:[ -~]{0,200}[!-~])?")
MOST_MINTED = 1_000_000
LARGEST = 2**53 - 1
calls = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """A valid key stays valid and is new, a valid amount is one that the mint takes, and no restore is waited for."""
    if case.method.upper() == "POST" and case.path.endswith("/restore"):
        case.headers = {**(case.headers or {}), "Prefer": "respond-async"}
    wallet = (case.query or {}).get("walletId")
    if isinstance(wallet, str) and WALLET_ID.fullmatch(wallet) and next(calls) % 8:
        # Which ids there are, the server says: nearly all others only ever find no wallet.
        case.query = {name: value for name, value in case.query.items() if name != "walletId"}
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and UNQUOTED_KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{key}-{next(calls)}"
    amount = case.body.get("amount") if isinstance(case.body, dict) else None
    if type(amount) is int and MOST_MINTED < amount <= LARGEST:
        case.body = {**case.body, "amount": amount % MOST_MINTED + 1}
