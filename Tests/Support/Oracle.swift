import Foundation

/// Files that tests read. All of them are in the repository.
public enum Oracle {
  /// The folder of `Package.swift`.
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Models, pictures and data sets, and what the reference implementation makes of them.
  public static let root = repository + "/Tests/Fixtures/oracle"

  /// The path of a file or folder below `root`.
  public static func path(_ relative: String) -> String { root + "/" + relative }

  public static func bytes(_ path: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// A JSON file below `root`. The properties of `Value` have the names that are in the file.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from relative: String
  ) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes(path(relative))))
  }

  /// A JSON file below `root`. A name in snake case becomes a property in camel case.
  public static func json<Value: Decodable>(
    _ relative: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(bytes(path(relative))))
  }
}
