import Foundation

/// Reference data in `Tests/Fixtures/oracle`.
enum Oracle {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let root = repository.appending(path: "Tests/Fixtures/oracle")

  /// Keys in snake case become properties in camel case.
  static func json<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: Data(contentsOf: root.appending(path: path)))
  }

  /// F32 matrices of a safetensors file, by name.
  static func matrices(_ path: String) throws -> [String: [[Float]]] {
    struct Header: Decodable {
      let dtype: String
      let shape: [Int]
      let offsets: [Int]
      enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
      }
    }
    let data = try Data(contentsOf: root.appending(path: path))
    let headerBytes = data.prefix(8).enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    let headers = try JSONDecoder().decode(
      [String: Header].self, from: data.subdata(in: 8..<8 + headerBytes))
    return headers.filter { $0.value.dtype == "F32" && $0.value.shape.count == 2 }.mapValues {
      let start = 8 + headerBytes + $0.offsets[0]
      let rows = $0.shape[0]
      let columns = $0.shape[1]
      let values = data.subdata(in: start..<start + rows * columns * 4).withUnsafeBytes {
        Array($0.bindMemory(to: Float.self))
      }
      return (0..<rows).map { Array(values[$0 * columns..<($0 + 1) * columns]) }
    }
  }
}
