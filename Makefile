# Every command of the project; `make help` lists them.
test:
	@echo not yet
