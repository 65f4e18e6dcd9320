# The commands; what they do stands in bootstrap/. Any Python >= 3.8 will do to begin.
PYTHON ?= $(shell command -v python3 || command -v python)

.PHONY: run test train bench shell setup
run test train bench shell setup: python-found
	@$(PYTHON) -m bootstrap $@ $(only)

.PHONY: python-found
python-found:
	@test -n "$(PYTHON)" || { echo "Needlewise needs a Python 3.8 or newer to set itself up. Install python3 and run the command again."; exit 1; }
