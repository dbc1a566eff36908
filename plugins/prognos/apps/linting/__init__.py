"""What ``prognos check`` and ``prognos run`` read of a bundle before anything of it runs."""

from prognos.apps.linting.bundle import BundleError, Report, lint_bundle, lint_stage
from prognos.apps.linting.configs import walk

__all__ = ["BundleError", "Report", "lint_bundle", "lint_stage", "walk"]
