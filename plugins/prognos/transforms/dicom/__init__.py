"""DICOM in: CT series, segmentations (SEG) and structure sets (RTSTRUCT), judged before they are read.

No text of a header leaves this package by a message; what it raises is worded by us alone.
"""
