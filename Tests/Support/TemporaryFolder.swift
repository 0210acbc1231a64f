import Foundation

/// An empty folder that is removed with everything in it when its last owner goes: a suite that holds
/// one gives each of its tests a folder of its own.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "prefixkv-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Gives `body` an empty folder of its own, which is removed when `body` returns.
@discardableResult
public func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try TemporaryFolder()
  return try withExtendedLifetime(folder) { try body(folder.path) }
}

/// Gives `body` the path of a file with this content, which is removed when `body` returns.
@discardableResult
public func withFile<Result>(
  _ bytes: some Sequence<UInt8>, name: String = "file", _ body: (String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try body(path)
  }
}

/// Gives `body` a copy of a model below `Oracle.root`, to be damaged.
@discardableResult
public func withCopy<Result>(
  of model: String, _ body: (String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let copy = folder + "/model"
    try FileManager.default.copyItem(atPath: Oracle.path("models/" + model), toPath: copy)
    return try body(copy)
  }
}
