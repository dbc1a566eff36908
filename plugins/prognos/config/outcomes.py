"""What can become of a photo on its way into a cohort, and what a person can do about it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["WARNINGS", "PhotoOutcome"]


class PhotoOutcome(StrEnum):
    """One word for each photo; every photo has exactly one, the first that applies in the order below.

    Example:
        >>> PhotoOutcome("no_face").remedy
        'Check that the photo shows a face from the front; write its landmarks into the table.'
    """

    MISSING_FILE = "missing_file"
    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    UNSUPPORTED_PIXELS = "unsupported_pixels"
    TRUNCATED = "truncated"
    NOT_SQUARE = "not_square"
    NO_LANDMARKS = "no_landmarks"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LANDMARKS_OUTSIDE = "landmarks_outside"
    LANDMARKS_IMPLAUSIBLE = "landmarks_implausible"
    TOO_SMALL = "too_small"
    CUT_OFF = "cut_off"
    BLURRED = "blurred"
    GREY = "grey"
    ALIGNED = "aligned"

    @property
    def remedy(self) -> str:
        """One sentence for the person who can mend the photo or the table."""
        return _REMEDIES[self]


WARNINGS = (PhotoOutcome.CUT_OFF, PhotoOutcome.BLURRED, PhotoOutcome.GREY)
"""Outcomes of a photo that is aligned all the same; a person or the config decides whether it is used."""

_REMEDIES = {
    PhotoOutcome.MISSING_FILE: "Check that the file exists, relative to the folder of the table, and may be read.",
    PhotoOutcome.NOT_AN_IMAGE: "Save the photo as JPEG or PNG; a phone's HEIC file must be converted first.",
    PhotoOutcome.TRUNCATED: "The file is cut off or damaged: copy it again from where it came from.",
    PhotoOutcome.TOO_LARGE: "Save a smaller copy: 100 million pixels are the limit, and 4 million are plenty.",
    PhotoOutcome.UNSUPPORTED_PIXELS: "Save the photo as 8-bit sRGB, so that nobody has to guess its colours.",
    PhotoOutcome.NOT_SQUARE: "The table says that the photo is an aligned face: align it again, or empty that cell.",
    PhotoOutcome.NO_LANDMARKS: "Write the five points of the face into the table, or choose a detector.",
    PhotoOutcome.NO_FACE: "Check that the photo shows a face from the front; write its landmarks into the table.",
    PhotoOutcome.SEVERAL_FACES: "Crop the photo to the patient, write the landmarks, or choose the largest face.",
    PhotoOutcome.LANDMARKS_OUTSIDE: "Measure the landmarks in the upright photo, in pixels, x right and y down.",
    PhotoOutcome.LANDMARKS_IMPLAUSIBLE: "Check their order: left and right are the viewer's, eyes above the mouth.",
    PhotoOutcome.TOO_SMALL: "Use a photo in which the face has more pixels, or align to a smaller size.",
    PhotoOutcome.CUT_OFF: "Look at it: use a photo with room around the face where there is one.",
    PhotoOutcome.BLURRED: "Look at it: use a sharper photo where there is one.",
    PhotoOutcome.GREY: "Look at it: use a colour photo where there is one, because pallor and jaundice are colours.",
    PhotoOutcome.ALIGNED: "Nothing to do.",
}
