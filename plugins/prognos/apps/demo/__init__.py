"""``prognos demo``: both bundles at work on patients who are drawn, with numbers and reports at the end."""

from prognos.apps.demo.command import demo

__all__ = ["demo"]
