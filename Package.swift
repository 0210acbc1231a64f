// swift-tools-version: 6.1
import PackageDescription

/// C targets are compiled without a single warning.
let strictC: [String] = ["-Wall", "-Wextra", "-Werror"]

let package = Package(
  name: "prefixkv",
  products: [.executable(name: "prefixkv", targets: ["prefixkv"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // Files, folders, digests, numbers as text: what several modules need and none owns.
    .target(name: "Basics", dependencies: ["CCrypto"]),
    // The ragged key/value cache and its retention policies. Knows no model.
    .target(name: "KVCache", dependencies: ["Basics", "CKernels"]),
    // Images, weights, tokenizers, models, engine. Knows no screen.
    .target(
      name: "Inference", dependencies: ["Basics", "KVCache", "CKernels", "CImageCodecs"]),
    // Data sets, measures, result files, offline estimation.
    .target(name: "Evaluation", dependencies: ["Basics", "Inference", "KVCache", "Plot"]),
    // Line charts as SVG, pixels and characters. Knows no domain.
    .target(name: "Plot", dependencies: ["Basics"]),
    // The settings file: keys, values and their lines. Knows no setting.
    .target(name: "Settings", dependencies: ["Basics"]),
    // Conversations that are kept, in SQLite, and what they are exported as. Knows no model.
    .target(
      name: "Sessions",
      dependencies: ["Basics", .product(name: "GRDB", package: "GRDB.swift")]),
    // State, update, panels, canvas, terminal. Knows no arithmetic.
    .target(
      name: "TUI",
      dependencies: ["Basics", "Inference", "KVCache", "Sessions", "CTerm", "CEdit", "CChafa"]),
    .executableTarget(
      name: "prefixkv",
      dependencies: [
        "TUI", "Evaluation", "Inference", "KVCache", "Plot", "Sessions", "Settings", "Basics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // C: what Swift cannot do. -O3 also in debug builds, so that tests over kernels are quick.
    .target(
      name: "CKernels",
      cSettings: [.unsafeFlags(strictC + ["-O3", "-fno-math-errno"])]
        + ["common", "dispatch", "types", "float", "int", "amx"].map { .headerSearchPath($0) },
      linkerSettings: [.linkedLibrary("m")]),
    // gdk-pixbuf's own pkg-config file asks for -pthread, which SwiftPM warns about, so the folder
    // of its headers is named here.
    .target(
      name: "CImageCodecs", dependencies: ["CGLib"],
      cSettings: [.unsafeFlags(strictC + ["-O2", "-isystem/usr/include/gdk-pixbuf-2.0"])],
      linkerSettings: [
        .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("gif"),
        .linkedLibrary("webp"), .linkedLibrary("webpdemux"), .linkedLibrary("gdk_pixbuf-2.0"),
        .linkedLibrary("gobject-2.0"), .linkedLibrary("glib-2.0"),
      ]),
    .target(
      name: "CTerm", cSettings: [.unsafeFlags(strictC)],
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(
      name: "CEdit", cSettings: [.unsafeFlags(strictC)], linkerSettings: [.linkedLibrary("edit")]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CGLib", pkgConfig: "glib-2.0", providers: [.apt(["libglib2.0-dev"])]),
    .systemLibrary(
      name: "CChafa", pkgConfig: "chafa", providers: [.apt(["libchafa-dev", "libglib2.0-dev"])]),

    // What all tests share. Optimised in debug builds, too, because its textbook definitions are loops.
    .target(
      name: "TestSupport", dependencies: ["Inference", "KVCache", "Basics"], path: "Tests/Support",
      swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .testTarget(name: "BasicsTests", dependencies: ["Basics", "TestSupport"]),
    .testTarget(name: "KVCacheTests", dependencies: ["KVCache", "Basics", "TestSupport"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "KVCache", "Basics", "CKernels", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EvaluationTests",
      dependencies: ["Evaluation", "Plot", "Inference", "KVCache", "Basics", "TestSupport"]),
    .testTarget(name: "PlotTests", dependencies: ["Plot"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "Basics", "TestSupport"]),
    .testTarget(
      name: "SessionsTests",
      dependencies: [
        "Sessions", "Basics", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    // Built from the snippets of docs/extending.md.
    .testTarget(
      name: "ExtendingTests",
      dependencies: ["TUI", "Inference", "KVCache", "Basics", "TestSupport"]),
    // The screen with a scripted engine, for tests that drive a real terminal.
    .executableTarget(
      name: "tui-demo",
      dependencies: ["TUI", "Inference", "KVCache", "Sessions", "Basics", "CKernels"],
      path: "Tests/TUIDemo"),
    .testTarget(
      name: "CommandTests", dependencies: ["prefixkv", "KVCache", "Basics", "TestSupport"]),
    .testTarget(
      name: "TUITests",
      dependencies: [
        "TUI", "Inference", "KVCache", "Sessions", "Basics", "TestSupport", "tui-demo",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)

// The fuzz targets need a sanitizer's runtime, so they are only part of the package when
// scripts/fuzz.sh asks for them.
if Context.environment["PREFIXKV_FUZZ"] == "1" {
  package.products.append(.executable(name: "prefixkv-fuzz", targets: ["prefixkv-fuzz"]))
  package.targets.append(
    .executableTarget(
      name: "prefixkv-fuzz",
      dependencies: ["Basics", "KVCache", "Inference", "Evaluation", "Plot", "Settings", "TUI"],
      path: "Tests/Fuzz", exclude: ["corpus"]))
}
