# Two commands matter: `make chat` and `make test`.

.PHONY: chat test build setup lint test-asan test-tsan fuzz model clean

chat: build
	@exec .build/release/prefixkv chat

build: setup
	@swift build -c release --product prefixkv

setup:
	@scripts/setup.sh

# Strict formatting, zero warnings, every test.
test: setup lint
	swift test -Xswiftc -warnings-as-errors

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

# All tests are Swift Testing's; XCTest's own runner leaks, which LeakSanitizer would report.
test-asan: setup
	LSAN_OPTIONS=suppressions=$(CURDIR)/scripts/lsan.supp \
	  swift test --disable-xctest --sanitize=address --scratch-path .build-asan

test-tsan: setup
	swift test --sanitize=thread --scratch-path .build-tsan

# Bounded runs of the fuzz targets over everything that reads files.
fuzz: setup
	scripts/fuzz.sh

# Makes the bundled model from nothing (hours on a CPU; Python and PyPI needed).
model:
	tools/train/make_model.sh

clean:
	rm -rf .build .build-asan .build-tsan .build-fuzz
