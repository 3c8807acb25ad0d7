"""``python -m zd_automation`` is the command line."""

from zd_automation.cli import main

main()
