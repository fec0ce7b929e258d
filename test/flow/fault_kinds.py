"""The ways in which a call goes wrong: the columns of the fault suite."""

import json

RETRY_AFTER = "1"
STATUS_REASONS = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 410: "Expired", 429: "TooManyRequests",
                  500: "InternalError", 503: "ServiceUnavailable"}
LONGHORN_CODES = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 410: "Gone", 429: "Too Many Requests",
                  500: "Internal Server Error", 503: "Service Unavailable"}
STATUSES = [str(code) for code in STATUS_REASONS]
# late: the right answer, after the caller has given up. arrives late: the request gets there after the caller has given up.
COLUMNS = [*STATUSES, "garbage", "half", "silence", "reset", "late", "arrives late"]
# These pass by themselves: one of them must not make anything fail.
PASSING = ("429", "503", "garbage", "half", "silence", "reset", "late", "arrives late")
# Beyond every time limit of soteria-quick.
LATE_MILLISECONDS = 6500
# After the caller has given up; within the time that Soteria waits before it believes that nothing comes of a change.
ARRIVAL_MILLISECONDS = 500


def can_be(call, fault):
    return fault != "arrives late" or not call.reads


def rule_of(call, fault, count=1):
    """Keywords for FaultProxy.rule()."""
    if fault in STATUSES:
        action = {"action": "status", "status": int(fault), **body_of(call, int(fault))}
    elif fault == "garbage":
        action = {"action": "status", "status": 200, "body": "<html><body>Welcome to the captive portal</body></html>\n",
                  "headers": {"Content-Type": "text/html"}}
    else:
        action = {"half": {"action": "half_answer"}, "silence": {"action": "silence"}, "reset": {"action": "reset"},
                  "late": {"action": "late", "milliseconds": LATE_MILLISECONDS},
                  "arrives late": {"action": "arrive_late", "milliseconds": ARRIVAL_MILLISECONDS}}[fault]
    return {**call.match, **action, "count": count}


def body_of(call, code):
    message = "the fault suite says so"
    if call.upstream == "longhorn":
        body = {"type": "error", "status": code, "code": LONGHORN_CODES[code], "message": message, "detail": ""}
    else:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": STATUS_REASONS[code], "code": code,
                "message": message}
    headers = {"Content-Type": "application/json"}
    if code == 429:
        headers["Retry-After"] = RETRY_AFTER
    return {"body": json.dumps(body), "headers": headers}
