// swift-tools-version: 6.1
import PackageDescription

/// C targets are compiled without a single warning.
let strictC: [String] = ["-Wall", "-Wextra", "-Werror"]

let package = Package(
  name: "prefixkv",
  products: [.executable(name: "prefixkv", targets: ["prefixkv"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The ragged key/value cache and its retention policies. Knows no model.
    .target(name: "KVCache", dependencies: ["CKernels"]),
    // Images, weights, tokenizer, model, engine, evaluation. Knows no screen.
    .target(name: "Inference", dependencies: ["KVCache", "CKernels", "CImageCodecs", "CCrypto"]),
    // State, update, panels, canvas, terminal. Knows no arithmetic.
    .target(name: "TUI", dependencies: ["Inference", "KVCache", "CTerm", "CChafa"]),
    .executableTarget(
      name: "prefixkv",
      dependencies: [
        "TUI", "Inference", "KVCache",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // C: what Swift cannot do. -O3 also in debug builds, so that tests over kernels are quick.
    .target(
      name: "CKernels",
      cSettings: [.unsafeFlags(strictC + ["-O3", "-fno-math-errno"])],
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CImageCodecs",
      cSettings: [.unsafeFlags(strictC + ["-O2"])],
      linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp")]),
    .target(
      name: "CTerm", cSettings: [.unsafeFlags(strictC)],
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CChafa", pkgConfig: "chafa", providers: [.apt(["libchafa-dev", "libglib2.0-dev"])]),

    .testTarget(name: "KVCacheTests", dependencies: ["KVCache"]),
    .testTarget(
      name: "InferenceTests", dependencies: ["Inference", "KVCache", "CKernels"],
      exclude: ["Fixtures"]),
    // The screen with a scripted engine, for tests that drive a real terminal.
    .executableTarget(
      name: "tui-demo", dependencies: ["TUI", "Inference", "KVCache"], path: "Tests/TUIDemo"),
    .testTarget(name: "CommandTests", dependencies: ["prefixkv"]),
    .testTarget(
      name: "TUITests", dependencies: ["TUI", "Inference", "KVCache", "tui-demo"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)

// The fuzz targets need a sanitizer's runtime, so they are only part of the package when
// scripts/fuzz.sh asks for them.
if Context.environment["PREFIXKV_FUZZ"] == "1" {
  package.products.append(.executable(name: "prefixkv-fuzz", targets: ["prefixkv-fuzz"]))
  package.targets.append(
    .executableTarget(name: "prefixkv-fuzz", dependencies: ["Inference"], path: "Tests/Fuzz"))
}
