# Two commands matter: `make chat` and `make test`.

.PHONY: chat test test-all test-install test-arm build install uninstall deb man setup lint test-asan test-tsan fuzz tables recording model clean

chat: build
	@exec .build/release/prefixkv chat

# Swift's own libraries are linked statically, so that the program runs where no Swift is installed.
build: setup
	@swift build -c release --static-swift-stdlib --product prefixkv

# Program, assets, manual pages and completions under $(DESTDIR)$(PREFIX); `make uninstall` takes the
# same two variables.
PREFIX = /usr/local
DESTDIR =
install: build
	scripts/install.sh .build/release/prefixkv "$(DESTDIR)$(PREFIX)"

uninstall:
	scripts/uninstall.sh "$(DESTDIR)$(PREFIX)"

# .build/deb/prefixkv_VERSION_ARCHITECTURE.deb
deb: build
	scripts/make-deb.sh

# Writes docs/man anew from the program's own help.
man: setup
	scripts/make-man.sh

setup:
	@scripts/setup.sh

# Strict formatting, zero warnings, every quick test: about five minutes on two cores after the build.
test: setup lint
	swift test -Xswiftc -warnings-as-errors

# The slow tests, too: whole data sets, every question of the demonstration, long sessions; and the package in bare
# Debian systems, where these can be made.
test-all: setup lint
	PREFIXKV_SLOW_TESTS=1 swift test -Xswiftc -warnings-as-errors
	@if scripts/test-install.sh --possible; then $(MAKE) --no-print-directory test-install; fi

# The package in bare Debian 12 and 13: installed, used in a terminal, removed (root, debootstrap and a mirror needed).
test-install: deb
	scripts/test-install.sh

# The kernels of arm64 under QEMU, against their definitions.
test-arm:
	scripts/test-arm.sh

lint:
	swift format lint --strict --recursive Sources Tests Package.swift
	clang-format --dry-run -Werror $$(git ls-files "Sources/*.[ch]" "Tests/*.[ch]")
	scripts/lint-sources.sh Sources

# All tests are Swift Testing's; XCTest's own runner leaks, which LeakSanitizer would report.
# What else it must be told is in Sources/CKernels/system/sanitizer.c.
# Optimised: at -O0 the policies' scores alone would take an hour.
test-asan: setup
	PREFIXKV_GUARD_WEIGHTS=1 PREFIXKV_SLOW_TESTS=1 \
	  swift test --disable-xctest --sanitize=address --scratch-path .build-asan -Xswiftc -O

test-tsan: setup
	PREFIXKV_SLOW_TESTS=1 swift test --sanitize=thread --scratch-path .build-tsan

# Bounded runs of the fuzz targets over everything that reads files.
fuzz: setup
	scripts/fuzz.sh

# The tables of docs/evaluation.md. An interrupted run goes on where it was. Two processes of one thread each are
# quicker than one of two.
samples = 500
later_samples = 200
bytes_samples = 100
evaluate = .build/release/prefixkv eval
# Twice the longest answer of the data sets. Some policies never end an answer at a small budget.
common = --max-tokens 320 --threads 1 --name $(@:table-%=%) --output results/$(@:table-%=%).jsonl --resume
compared = --policy full prefixkv prefixkv-peak snapkv vl-cache kvzip
later = --samples $(later_samples) --budget 80% 50% 30% 20% 10% $(compared)
later_tables = table-turns-on table-turns-off table-ask-after-on table-ask-after-off
once_tables = table-once-turns table-once-ask-after
bytes_tables = table-bytes-144 table-bytes-64 table-bytes-32
tables: build
	@mkdir -p results
	@$(MAKE) --no-print-directory -j2 table-descriptions table-questions $(later_tables) $(once_tables) $(bytes_tables)
	.build/release/prefixkv plot results/descriptions.jsonl results/questions.jsonl --output results
	.build/release/prefixkv plot $(bytes_tables:table-%=results/%.jsonl) --frontier --output results
	@python3 tools/later_turns.py results/turns-on.jsonl results/turns-off.jsonl
	@python3 tools/later_turns.py results/once-turns.jsonl

# Every policy at every budget on held-out descriptions and short questions.
table-descriptions:
	$(evaluate) table --data assets/eval/detail_1k.json --samples $(samples) $(common)

table-questions:
	$(evaluate) table --data assets/eval/mm-vet.json --samples $(samples) $(common)

# Questions that come after something was evicted, with recall and without; then every policy at one budget.
table-turns-%:
	$(evaluate) rouge --data assets/eval/turns.json --protocol turns --recall $* $(later) $(common)

table-ask-after-%:
	$(evaluate) rouge --data assets/eval/mm-vet.json --protocol ask-after --recall $* $(later) $(common)

table-once-turns:
	$(evaluate) rouge --data assets/eval/turns.json --protocol turns --recall on --samples $(later_samples) \
	  --budget 20% --policy all $(common)

table-once-ask-after:
	$(evaluate) rouge --data assets/eval/mm-vet.json --protocol ask-after --recall on --samples $(later_samples) \
	  --budget 20% --policy all $(common)

# Types of the cache and rows of the picture at equal bytes.
small = --budget 3% 5% 10% 15% 20% 30%
table-bytes-144: rows = $(small) 50%
table-bytes-64: rows = $(small) --picture-tokens diverse:64
table-bytes-32: rows = $(small) --picture-tokens diverse:32
table-bytes-%:
	$(evaluate) table --data assets/eval/turns.json --samples $(bytes_samples) --by-bytes $(compared) $(rows) $(common)

# What opens the README: plays the demonstration in a terminal of its own for a minute (Python needed).
recording: build
	tools/recording/record.py record docs/recording.cast .build/release/prefixkv demo
	tools/recording/record.py draw docs/recording.cast docs/recording.svg

# Makes the bundled model from nothing (a quarter of an hour on a GPU, days on a CPU; Python and PyPI needed).
model:
	tools/train/make_model.sh

clean:
	rm -rf .build .build-asan .build-tsan .build-fuzz
