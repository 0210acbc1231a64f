import Foundation

/// Runs one input: it ends normally, or throws a typed error. A crash, a hang, an untyped error and a
/// broken promise are findings.
typealias FuzzTarget = @Sendable (UnsafeRawBufferPointer) throws -> Void

/// Every target by the name that `PREFIXKV_FUZZ_TARGET` gives.
let fuzzTargets: [String: FuzzTarget] = modelTargets.merging(documentTargets) { $1 }
  .merging(textTargets) { $1 }

/// Gives `body` a file with the input as its content, in memory only.
func withInput(
  _ bytes: UnsafeRawBufferPointer, name: String = "input", _ body: (String) throws -> Void
) throws {
  let folder = "/dev/shm/prefixkv-fuzz-\(getpid())"
  mkdir(folder, 0o700)
  let path = folder + "/" + name
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
  precondition(descriptor >= 0, "/dev/shm must be writable")
  defer {
    close(descriptor)
    unlink(path)
    rmdir(folder)
  }
  let count = write(descriptor, bytes.baseAddress, bytes.count)
  precondition(count == bytes.count, "the input was not written")
  try body(path)
}

/// What an input drives when it is a list of operations.
struct Operations {
  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  /// The next byte; nil at the end.
  mutating func next() -> Int? { rest.popFirst().map(Int.init) }

  /// The next bytes as text, as many as a byte before them says.
  mutating func text() -> String {
    let count = next() ?? 0
    defer { rest = rest.dropFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }
}
