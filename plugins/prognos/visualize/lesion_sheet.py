"""What was marked in each patient of a cohort, on slices, for a check by eye before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from prognos.files import written_whole

__all__ = ["CheckedAnnotation", "CheckedPatient", "write_lesion_sheet"]


@dataclass(frozen=True)
class CheckedAnnotation:
    """What one reader marked.

    Args:
        reader: who.
        text: what is known of it, one line.
        jpeg: its slices as JPEG, in base 64; empty where nothing is marked.
    """

    reader: str
    text: str
    jpeg: str = ""


@dataclass(frozen=True)
class CheckedPatient:
    """One patient of the sheet.

    Args:
        name: as the tables call the patient.
        annotations: what the readers marked.
        remarks: what is odd about the files.
    """

    name: str
    annotations: Sequence[CheckedAnnotation]
    remarks: Sequence[str] = ()


def write_lesion_sheet(
    path: str | Path,
    patients: Sequence[CheckedPatient],
    *,
    facts: Mapping[str, int],
    left_out: Sequence[tuple[str, str]] = (),
) -> Path:
    """Write the sheet as one HTML file with the pictures inside, whole or not at all.

    Args:
        path: HTML file.
        patients: in the order of the sheet.
        facts: counts by what is counted.
        left_out: patient, or nothing, and the reason, of whom or what is not in the tables.

    Returns:
        The path.
    """
    path = Path(path)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(_TEMPLATE)
    page = template.render(patients=patients, facts=facts, left_out=left_out)
    with written_whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Lesions of an imported cohort</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #1f2933; margin: 0 auto; max-width: 1320px; padding: 0 16px 32px; }
table { border-collapse: collapse; margin: 12px 0 20px; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid #e3e7eb; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
section { border-top: 2px solid #e3e7eb; margin-top: 22px; }
h2 { font-size: 17px; margin: 14px 0 4px; }
h3 { font-size: 15px; font-weight: 600; margin: 10px 0 4px; }
h3 span { color: #66717e; font-weight: 400; }
img { display: block; max-width: 100%; }
.remark { background: #ffd75e; color: #3d2b00; padding: 6px 12px; margin: 8px 0; }
.soft { color: #66717e; }
details { margin: 12px 0; }
</style></head><body>
<h1>Lesions of an imported cohort</h1>
<p>Look at every patient before you train. The slices are seen from the feet: the patient's right (R) is on the left.
Each slice is the one in which its lesion, in brackets, is largest; the largest lesions of an annotation are shown. Look
for outlines beside the lesion, on the wrong side, around a whole organ, or on another patient's scan: no check of the
geometry can find voxels that were mirrored without their header.</p>
<table><tbody>
{% for name, count in facts.items() -%}
<tr><th scope="row">{{ name }}</th><td class="n">{{ count }}</td></tr>
{% endfor -%}
</tbody></table>
{% if left_out -%}
<details{% if left_out|length <= 20 %} open{% endif %}><summary>{{ left_out|length }} not imported</summary>
<table><thead><tr><th>patient</th><th>why</th></tr></thead><tbody>
{% for name, reason in left_out -%}
<tr><td>{{ name or "\N{EN DASH}" }}</td><td>{{ reason }}</td></tr>
{% endfor -%}
</tbody></table></details>
{% endif -%}
{% for patient in patients -%}
<section id="{{ patient.name }}">
<h2>{{ patient.name }}</h2>
{% for remark in patient.remarks -%}
<p class="remark">{{ remark }}</p>
{% endfor -%}
{% for annotation in patient.annotations -%}
<h3>{{ annotation.reader }} <span>{{ annotation.text }}</span></h3>
{% if annotation.jpeg -%}
<img loading="lazy" src="data:image/jpeg;base64,{{ annotation.jpeg }}"
 alt="Axial slices of {{ patient.name }} with the lesions of {{ annotation.reader }} outlined: {{ annotation.text }}">
{% else -%}
<p class="soft">No slice to show.</p>
{% endif -%}
{% endfor -%}
</section>
{% endfor -%}
</body></html>
"""
