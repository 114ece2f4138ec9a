"""CAP 1.2 as the tables of the specification have it (OASIS, 1 July 2010, section 3.2), and a check against them.

http://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html: elements in order, (required, may be repeated).
"""

import re
import xml.etree.ElementTree as ET

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ALERT = {
    "identifier": (True, False), "sender": (True, False), "sent": (True, False), "status": (True, False),
    "msgType": (True, False), "source": (False, False), "scope": (True, False), "restriction": (False, False),
    "addresses": (False, False), "code": (False, True), "note": (False, False), "references": (False, False),
    "incidents": (False, False), "info": (False, True),
}  # fmt: skip
INFO = {
    "language": (False, False), "category": (True, True), "event": (True, False), "responseType": (False, True),
    "urgency": (True, False), "severity": (True, False), "certainty": (True, False), "audience": (False, False),
    "eventCode": (False, True), "effective": (False, False), "onset": (False, False), "expires": (False, False),
    "senderName": (False, False), "headline": (False, False), "description": (False, False),
    "instruction": (False, False), "web": (False, False), "contact": (False, False), "parameter": (False, True),
    "resource": (False, True), "area": (False, True),
}  # fmt: skip
AREA = {
    "areaDesc": (True, False), "polygon": (False, True), "circle": (False, True), "geocode": (False, True),
    "altitude": (False, False), "ceiling": (False, False),
}  # fmt: skip
ENUMERATIONS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
POINT = r"-?\d+(\.\d+)?,-?\d+(\.\d+)?"
FORMS = {
    "identifier": NAME, "sender": NAME, "sent": DATE_TIME, "effective": DATE_TIME, "onset": DATE_TIME,
    "expires": DATE_TIME, "polygon": re.compile(rf"{POINT}( {POINT}){{3,}}"),
    "circle": re.compile(rf"{POINT} \d+(\.\d+)?"),
    "references": re.compile(r"[^\s,<&]+,[^\s,<&]+,[^\s,]+( [^\s,<&]+,[^\s,<&]+,[^\s,]+)*"),
}  # fmt: skip
CHILDREN = {"alert": ALERT, "info": INFO, "area": AREA}


def mistakes(content: bytes) -> list[str]:
    """What in a CAP message is not as the tables have it."""
    root = ET.fromstring(content)
    found = [] if root.tag == f"{{{NAMESPACE}}}alert" else [f"the root is {root.tag}"]
    return found + _mistakes(root)


def _mistakes(element: ET.Element) -> list[str]:
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    table = CHILDREN.get(name)
    if table is None:
        return _value_mistakes(name, element.text or "")
    children = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    found = [
        f"{name} has no {needed}" for needed, (required, _) in table.items() if required and needed not in children
    ]
    found += [f"{name} has {child}, which is no element of it" for child in children if child not in table]
    known = [child for child in children if child in table]
    if known != sorted(known, key=list(table).index):
        found.append(f"the elements of {name} are out of order: {known}")
    found += [f"{name} has {child} twice" for child in set(known) if known.count(child) > 1 and not table[child][1]]
    return found + [mistake for child in element for mistake in _mistakes(child)]


def _value_mistakes(name: str, text: str) -> list[str]:
    if not text.strip():
        return [f"{name} is empty"]
    if name in ENUMERATIONS and text not in ENUMERATIONS[name].split():
        return [f"{name} is {text!r}, none of {ENUMERATIONS[name]}"]
    if name in FORMS and not FORMS[name].fullmatch(text):
        return [f"{name} has the wrong form: {text!r}"]
    if name == "polygon" and text.split()[0] != text.split()[-1]:
        return ["a polygon must end where it begins"]
    return []
