"""A finding at a terminal, as a row:  baik  sumber   river: water_level 132.4 cm, 2 detik yang lalu"""

from typing import TextIO

from edge.doctor.finding import CHECKS, MARKS, Finding
from edge.terminal import write
from i18n.catalog import LanguageCode, catalog_of


def say_finding(finding: Finding, language: LanguageCode, stream: TextIO) -> None:
    """Write the row, its lines after the first under its sentence."""
    said = catalog_of(language).said
    marks, checks = [said(one) for one in MARKS.values()], [said(one) for one in CHECKS.values()]
    mark, check = said(MARKS[finding.outcome]), said(CHECKS[finding.check])
    begin = f"{mark:<{max(map(len, marks))}}  {check:<{max(map(len, checks))}}  "
    about = f"{said(finding.about)}: " if finding.about else ""
    write(begin, about + said(finding.said), stream, indent=len(begin))
