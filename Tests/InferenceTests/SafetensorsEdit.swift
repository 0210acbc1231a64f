import Foundation

/// Changes the tensors of a safetensors file, to make models that differ from a fixture in one thing.
struct SafetensorsEdit {
  private var header: [String: [String: Any]]
  private var data: Data
  private let path: String

  init(_ path: String) throws {
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let json = try JSONSerialization.jsonObject(with: file[8..<(8 + length)])
    var header = json as? [String: [String: Any]] ?? [:]
    header["__metadata__"] = nil
    self.header = header
    data = file[(8 + length)...]
    self.path = path
  }

  var names: [String] { header.keys.sorted() }

  mutating func rename(_ change: (String) -> String) {
    header = Dictionary(uniqueKeysWithValues: header.map { (change($0.key), $0.value) })
  }

  mutating func remove(where isUnwanted: (String) -> Bool) {
    header = header.filter { !isUnwanted($0.key) }
  }

  /// Adds a tensor of f32.
  mutating func add(_ name: String, _ values: [Float], shape: [Int]) {
    let start = data.count
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, data.count]]
  }

  mutating func remove(_ name: String) { header[name] = nil }

  /// Overwrites bytes of a tensor.
  mutating func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) {
    guard let offsets = header[name]?["data_offsets"] as? [Int] else { return }
    let start = data.startIndex + offsets[0] + offset
    data.replaceSubrange(start..<(start + bytes.count), with: bytes)
  }

  /// Writes the file without the bytes of removed tensors: a gap would be an error.
  func write() throws {
    var header = header
    var data = Data()
    for name in header.keys.sorted() {
      guard let offsets = header[name]?["data_offsets"] as? [Int] else { continue }
      let first = self.data.startIndex + offsets[0]
      header[name]?["data_offsets"] = [data.count, data.count + offsets[1] - offsets[0]]
      data.append(self.data[first..<first + offsets[1] - offsets[0]])
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    var file = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
    file.append(json)
    file.append(data)
    try file.write(to: URL(fileURLWithPath: path))
  }
}
