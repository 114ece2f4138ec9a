"""What severities are called, everywhere: Minor, Moderate, Severe, Extreme; Ringan, Sedang, Berat, Ekstrem."""

from i18n.message import LocalizedMessage
from rules.rule import Severity

SEVERITY_NAMES = {
    Severity.MINOR: LocalizedMessage("Minor"),
    Severity.MODERATE: LocalizedMessage("Moderate"),
    Severity.SEVERE: LocalizedMessage("Severe"),
    Severity.EXTREME: LocalizedMessage("Extreme"),
}
