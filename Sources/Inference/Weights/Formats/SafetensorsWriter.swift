import Basics
import Foundation

/// Collects named arrays and writes them as one safetensors file (little-endian, row-major).
///
/// Format: https://huggingface.co/docs/safetensors, 8 bytes of header length, JSON header, data.
public struct SafetensorsWriter {
  private struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    let range: Range<Int>
  }

  private var entries: [Entry] = []
  private var data = Data()

  /// An empty file.
  public init() {}

  /// Adds an array of f32.
  ///
  /// - Parameter shape: outermost first; its product is the number of values.
  public mutating func add(_ name: String, _ values: [Float], shape: [Int]) {
    append(name, values, type: "F32", shape: shape)
  }

  /// Adds an array of f64, `shape` as above.
  public mutating func add(_ name: String, _ values: [Double], shape: [Int]) {
    append(name, values, type: "F64", shape: shape)
  }

  /// Adds an array of i64, `shape` as above.
  public mutating func add(_ name: String, _ values: [Int], shape: [Int]) {
    append(name, values.map(Int64.init), type: "I64", shape: shape)
  }

  private mutating func append<Value>(
    _ name: String, _ values: [Value], type: String, shape: [Int]
  ) {
    precondition(shape.reduce(1, *) == values.count, "shape of \(name) does not fit its values")
    let start = data.count
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    entries.append(Entry(name: name, type: type, shape: shape, range: start..<data.count))
  }

  /// Writes everything that was added. The caller commits the file.
  ///
  /// - Throws: `FileError` when the file cannot be written.
  public func write(to output: OutputFile) throws {
    var header: [String: Any] = [:]
    for entry in entries {
      header[entry.name] = [
        "dtype": entry.type, "shape": entry.shape,
        "data_offsets": [entry.range.lowerBound, entry.range.upperBound],
      ]
    }
    var json = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys])
    // The data begins at a multiple of 8 bytes.
    json.append(Data(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    var file = Data()
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(json)
    file.append(data)
    try output.write(file)
  }
}
