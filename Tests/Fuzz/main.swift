// Fuzz targets for everything that reads what others wrote, under libFuzzer and the address
// sanitizer; built and run by scripts/fuzz.sh. `--targets` lists them, PREFIXKV_FUZZ_TARGET picks one.

import Basics
import Evaluation
import Foundation
import Inference
import KVCache
import Settings

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The target that the environment names; nil when it names none.
let chosenTarget = fuzzTargets[ProcessInfo.processInfo.environment["PREFIXKV_FUZZ_TARGET"] ?? ""]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0 else { return 0 }
  do {
    try chosenTarget?(UnsafeRawBufferPointer(start: bytes, count: count))
  } catch is WeightError {
  } catch is ImageError {
  } catch is ResultError {
  } catch is DataError {
  } catch is ConfigurationError {
  } catch is BudgetError {
  } catch is FileError {
  } catch is SettingsError {
  } catch {
    fatalError("an untyped error reached the surface: \(error)")
  }
  return 0
}

if CommandLine.arguments.dropFirst() == ["--targets"] {
  print(fuzzTargets.keys.sorted().joined(separator: "\n"))
  exit(0)
}
guard chosenTarget != nil else {
  print("PREFIXKV_FUZZ_TARGET must be one of \(fuzzTargets.keys.sorted().joined(separator: ", "))")
  exit(64)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, fuzzOne))
