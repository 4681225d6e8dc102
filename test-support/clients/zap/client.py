"""Drives ZAP's API with the official client through a whole scan, and prints what it makes of the answers.

Usage: client.py PROXY KEY TARGET
"""

import sys

from zapv2 import ZAPv2

proxy, key, target = sys.argv[1:4]
zap = ZAPv2(apikey=key, proxies={"http": proxy, "https": proxy}, validate_status_code=True)


def refused(call):
    try:
        return f"not refused: {call()}"
    except Exception as error:
        return "refused: " + next(code for code in ("url_not_found", "does_not_exist", "missing_parameter") if code in str(error))


def finish(component, scan):
    seen = []
    while not seen or seen[-1] < 100:
        seen.append(int(component.status(scan)))
    return seen


print("version", zap.core.version)
print("ascan before the spider", refused(lambda: zap.ascan.scan(target)))
print("status of no scan", refused(lambda: zap.spider.status("7")))
print("spider", finish(zap.spider, zap.spider.scan(target)))
records = []
while not records or records[-1] > 0:
    records.append(int(zap.pscan.records_to_scan))
print("records", records)
print("ascan", finish(zap.ascan, zap.ascan.scan(target)))
alerts = zap.alert.alerts(baseurl=target, start=1, count=2)
print("alerts", [(alert["pluginId"], alert["risk"], alert["confidence"], alert["param"]) for alert in alerts])
print("alerts elsewhere", zap.alert.alerts(baseurl="http://elsewhere.example"))
print("delete", zap.alert.delete_alert(alerts[0]["id"]), refused(lambda: zap.alert.delete_alert(alerts[0]["id"])))
print("alerts left", len(zap.alert.alerts(baseurl=target)))
print("stop", zap.ascan.stop(zap.ascan.scan(target)))
