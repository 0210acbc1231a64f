// Fuzz targets for everything that reads files, under libFuzzer and the address sanitizer; built and
// run by scripts/fuzz.sh. PREFIXKV_FUZZ_TARGET picks one. A typed error is a fine answer to any input;
// a crash, a hang or gigabytes of memory is not.

import Foundation

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

guard chosenTarget != nil else {
  print("PREFIXKV_FUZZ_TARGET must be one of \(fuzzTargets.keys.sorted().joined(separator: ", "))")
  exit(64)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, fuzzOne))
