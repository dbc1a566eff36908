"""Runs an import: patient after patient, then the tables, the page and the counts."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from prognos.apps.importing.conversion import SEGMENT_TABLE, Converter
from prognos.apps.importing.outcomes import Outcomes
from prognos.apps.importing.plan import LeftOut, Plan
from prognos.apps.importing.pseudonyms import Names, safe_names
from prognos.apps.importing.receipts import Receipt, Receipts, source_digest
from prognos.config import keys
from prognos.files import remove_leftovers, written_whole
from prognos.transforms import GeometryError, ImageError
from prognos.visualize import CheckedAnnotation, CheckedPatient, write_lesion_sheet

__all__ = ["Import", "ImportFault"]

ANNOTATION_COLUMNS = (keys.PATIENT, keys.IMAGE, keys.MASK, keys.ORGAN_MASK, keys.READER, keys.TIMEPOINT)
"""Columns of the annotation table."""

SHOWN = 10
"""Patients that are named for each reason; all are in left_out.csv."""


class ImportFault(ValueError):  # noqa: N818, as DicomFault: what is wrong, in words
    """Files of a cohort cannot be used; the message gives the reasons and what to do."""


class Import:
    """One import.

    Args:
        plan: what is to be done.
        outcomes: of the patients; None where nobody gave a clinical table.
        names: what patients are called.
        converter: what imports a patient.
        settings: what the files of a patient follow from, besides the files that are read.
    """

    def __init__(
        self, plan: Plan, outcomes: Outcomes | None, names: Names, converter: Converter, settings: Mapping[str, Any]
    ) -> None:
        self.outcomes = outcomes
        self.names = names
        self.converter = converter
        self.settings = settings
        self.left_out = list(plan.left_out)
        known = None if outcomes is None else outcomes.rows
        self.patients = [each for each in plan.patients if known is None or each.identifier in known]
        self.left_out += [
            LeftOut(each.identifier, "no outcome in the clinical table")
            for each in plan.patients
            if known is not None and each.identifier not in known
        ]
        everybody = [
            *(each.identifier for each in plan.patients),
            *(each.identifier for each in plan.left_out),
            *(known or ()),
        ]
        self._pseudonyms = {each: names.patient(each) for each in dict.fromkeys(everybody) if each}
        self._folders = safe_names(self._pseudonyms.values())
        self.receipts: dict[str, Receipt] = {}

    def pseudonyms(self) -> dict[str, str]:
        """Pseudonym of every patient who was seen, by identifier."""
        return dict(self._pseudonyms)

    def convert(self) -> None:
        """Import every patient; those who were finished before are not read again. The caller holds the folder."""
        remove_leftovers(self.converter.output)
        kept = Receipts(self.converter.output)
        resumed = 0
        for patient in tqdm(self.patients, desc="importing", unit="patient"):
            name = self._pseudonyms[patient.identifier]
            folder = self._folders[name]
            digest = source_digest(patient, self.settings, self.names, self.converter.readers)
            receipt = kept.read(folder, digest)
            resumed += receipt is not None
            if receipt is None:
                try:
                    receipt = self.converter.convert(patient, name, folder, digest)
                except (ImageError, GeometryError) as fault:
                    self.left_out.append(LeftOut(patient.identifier, str(fault), is_fault=True))
                    continue
                except MemoryError:
                    reason = "image: needs more memory than there is. Import it on a larger machine"
                    self.left_out.append(LeftOut(patient.identifier, reason, is_fault=True))
                    continue
                kept.write(folder, receipt)
            self.receipts[patient.identifier] = receipt
        # In the order of the pseudonyms, because the order of identifiers tells of them.
        order = sorted(self.receipts, key=lambda identifier: self._pseudonyms[identifier])
        self.receipts = {identifier: self.receipts[identifier] for identifier in order}
        if resumed:
            print(f"{resumed} patients were finished before and were not read again")
        if others := kept.others([self._folders[self._pseudonyms[each.identifier]] for each in self.patients]):
            print(f"{others} patients of earlier imports are in the folder and not in its tables")

    def finish(self, *, on_error: str) -> None:
        """Write the tables and the page, and print the counts.

        Args:
            on_error: what to do about patients whose files are wrong: ``stop`` writes no cohort, ``skip`` leaves them
                out.

        Raises:
            ImportFault: when there are some and the import shall stop, or when nobody is left.
        """
        output = self.converter.output
        self._show_left_out()
        _write(output / "left_out.csv", (keys.PATIENT, "reason"), self._left_out_rows())
        self._write_sheet(output / "check.html")
        faults = [each for each in self.left_out if each.is_fault]
        if faults and on_error == "stop":
            raise ImportFault(
                f"{len(faults)} masks or patients cannot be used, for the reasons above, which are in "
                f"{output / 'left_out.csv'} too; cohort.csv and annotations.csv were not written. Mend them, or leave "
                f"them out with --on_error skip; patients who are finished are not read again."
            )
        if not self.receipts:
            raise ImportFault(
                "no patient has all of what is needed, so no table was written: an image, a mask"
                + (", an outcome." if self.outcomes else ".")
                + " The reasons are above; --list_files names files that found no partner, --lesions names segments."
            )
        self._write_tables(output)

    def _write_tables(self, output: Path) -> None:
        """Write the tables and say what to do with them."""
        rows = [row for receipt in self.receipts.values() for row in receipt.annotations]
        segments = [row for receipt in self.receipts.values() for row in receipt.segments]
        _write(output / "annotations.csv", ANNOTATION_COLUMNS, rows)
        if segments:
            _write(output / "segments.csv", SEGMENT_TABLE, segments)
            print(f"{output / 'segments.csv'}: {len(segments)} segments")
        print(f"{output / 'annotations.csv'}: {len(rows)} annotations")
        print(f"{output / 'check.html'}: look at every patient before you go on")
        if self.outcomes is None:
            print("No clinical table was named, so cohort.csv was not written. --template makes one to fill in.")
            return
        cohort = [{**self.outcomes.rows[patient], keys.PATIENT: self._pseudonyms[patient]} for patient in self.receipts]
        _write(output / "cohort.csv", self.outcomes.columns, cohort)
        print(f"{output / 'cohort.csv'}: {len(cohort)} patients, times in days")
        print(f"Next: prognos check {output / 'cohort.csv'} --annotations {output / 'annotations.csv'}")

    def _show_left_out(self) -> None:
        """Print who is left out and why; files without a patient were counted before."""
        reasons: dict[str, list[str]] = {}
        for each in self.left_out:
            if each.identifier:
                reasons.setdefault(each.reason, []).append(self._pseudonyms[each.identifier])
        for reason, found in reasons.items():
            shown = ", ".join(sorted(found)[:SHOWN]) + (" ..." if len(found) > SHOWN else "")
            print(f"  left out, {len(found)}: {reason}\n    {shown}")
        nobody = Counter(each.reason for each in self.left_out if not each.identifier)
        for reason, count in nobody.items():
            print(f"  left out, {count}: {reason}")
        if lines := self._lines_without_images():
            numbers = ", ".join(map(str, lines))
            print(f"  {len(lines)} patients of the clinical table without image and mask, left out: lines {numbers}")

    def _lines_without_images(self) -> list[int]:
        """Lines of the clinical table whose patients are not imported, faults aside."""
        if self.outcomes is None:
            return []
        seen = {each.identifier for each in self.patients}
        return [line for patient, line in self.outcomes.lines.items() if patient not in seen]

    def _left_out_rows(self) -> list[dict[str, str]]:
        """Rows of the table of those who are left out."""
        rows = [
            {keys.PATIENT: self._pseudonyms.get(each.identifier, ""), "reason": each.reason} for each in self.left_out
        ]
        return sorted(rows, key=lambda row: row[keys.PATIENT])

    def _write_sheet(self, path: Path) -> None:
        """Write the page for the check by eye."""
        pictures = [picture for receipt in self.receipts.values() for picture in receipt.pictures]
        facts = {
            "patients": len(self.receipts),
            "annotations": sum(len(receipt.annotations) for receipt in self.receipts.values()),
            "lesions": sum(picture.lesions for picture in pictures),
            "patients with a remark": sum(bool(receipt.remarks) for receipt in self.receipts.values()),
            "not imported": len(self.left_out),
            "patients of the clinical table without image and mask": len(self._lines_without_images()),
        }
        write_lesion_sheet(
            path,
            [_checked(self._pseudonyms[patient], receipt) for patient, receipt in self.receipts.items()],
            facts=facts,
            left_out=[(row[keys.PATIENT], row["reason"]) for row in self._left_out_rows()],
        )
        print(", ".join(f"{count} {name}" for name, count in facts.items() if count))


def _checked(name: str, receipt: Receipt) -> CheckedPatient:
    """A patient of the page."""
    shown = [CheckedAnnotation(picture.reader, picture.text, picture.jpeg) for picture in receipt.pictures]
    return CheckedPatient(name, shown, receipt.remarks)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write one table, whole or not at all."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
