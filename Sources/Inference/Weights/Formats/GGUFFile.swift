/// A GGUF file: metadata (key and typed value), then tensors.
///
/// Format, versions 2 and 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
struct GGUFFile {
  private enum Value {
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// UTF-8, not checked.
    case string(UnsafeRawBufferPointer)
    case strings([UnsafeRawBufferPointer])
    /// An array of numbers or booleans.
    case numbers([Double])
  }

  /// Keeps what `metadata` points to.
  private let file: MappedFile
  private let metadata: [String: Value]
  /// In file order, shapes outermost first.
  let tensors: [Tensor]

  private static let magic: [UInt8] = Array("GGUF".utf8)

  var path: String { file.path }

  /// Whether the file begins as a GGUF file does.
  static func hasMagic(_ file: MappedFile) -> Bool { file.bytes.starts(with: magic) }

  private struct Problem: Error {
    var detail: String
    /// The file is legal, but uses what is not supported here.
    var isRefusal = false
  }

  init(path: String) throws(WeightError) {
    try self.init(MappedFile(path: path))
  }

  init(_ file: MappedFile) throws(WeightError) {
    self.file = file
    do {
      var reader = ByteReader(file.bytes)
      let counts = try Self.header(&reader)
      metadata = try Self.metadata(count: counts.metadata, &reader)
      tensors = try Self.tensors(count: counts.tensors, metadata, &reader, owner: file)
    } catch let problem as Problem {
      throw problem.isRefusal
        ? .unsupported(path: file.path, detail: problem.detail)
        : .damaged(path: file.path, detail: problem.detail)
    } catch is ByteReader.Truncated {
      throw .damaged(path: file.path, detail: "it ends in the middle of its header")
    } catch {
      throw .damaged(path: file.path, detail: "\(error)")
    }
  }

  // MARK: Header

  private static func header(_ reader: inout ByteReader) throws -> (tensors: Int, metadata: Int) {
    guard try reader.take(4).elementsEqual(magic) else {
      throw Problem(detail: "it does not begin with 'GGUF'")
    }
    let version = try reader.read(UInt32.self)
    guard 2...3 ~= version else {
      let isSwapped = 2...3 ~= version.byteSwapped
      throw Problem(
        detail: isSwapped
          ? "it is big-endian; only little-endian files can be read"
          : "it has GGUF version \(version); versions 2 and 3 can be read", isRefusal: true)
    }
    let tensors = try reader.read(UInt64.self)
    let metadata = try reader.read(UInt64.self)
    // The smallest entry has an empty name: 8 bytes for its length, then at least 5 or 24 more.
    guard metadata <= reader.remaining / 13, tensors <= reader.remaining / 32 else {
      throw Problem(
        detail: "it claims \(tensors) tensors and \(metadata) metadata entries, more than its "
          + "\(reader.bytes.count) bytes can hold")
    }
    return (Int(tensors), Int(metadata))
  }

  // MARK: Metadata

  private static func metadata(
    count: Int, _ reader: inout ByteReader
  ) throws -> [String: Value] {
    var metadata: [String: Value] = [:]
    for _ in 0..<count {
      let key = try name(&reader)
      let type = try reader.read(UInt32.self)
      guard metadata.updateValue(try value(type, key, &reader), forKey: key) == nil else {
        throw Problem(detail: "its metadata has the key '\(key)' twice")
      }
    }
    return metadata
  }

  private static func name(_ reader: inout ByteReader) throws -> String {
    let bytes = try string(&reader)
    guard !bytes.isEmpty, bytes.count < 65536, let name = String(validating: bytes, as: UTF8.self)
    else { throw Problem(detail: "a name of \(bytes.count) bytes is not valid text") }
    return name
  }

  private static func string(_ reader: inout ByteReader) throws -> UnsafeRawBufferPointer {
    let length = try reader.read(UInt64.self)
    guard length <= reader.remaining else {
      throw Problem(
        detail: "a string of \(length) bytes starts where only \(reader.remaining) are left")
    }
    return try reader.take(Int(length))
  }

  /// Type numbers of `gguf_metadata_value_type`.
  private static func value(
    _ type: UInt32, _ key: String, _ reader: inout ByteReader
  ) throws -> Value {
    switch type {
    case 6, 12: return .float(try number(type, key, &reader))
    case 7: return .boolean(try reader.read(UInt8.self) != 0)
    case 8: return .string(try string(&reader))
    case 9: return try array(key, &reader)
    case 10:
      let value = try reader.read(UInt64.self)
      guard let value = Int(exactly: value) else {
        throw Problem(detail: "\(key) is \(value), which is too large")
      }
      return .integer(value)
    case 11: return .integer(Int(try reader.read(Int64.self)))
    default: return .integer(Int(try number(type, key, &reader)))
    }
  }

  private static func number(
    _ type: UInt32, _ key: String, _ reader: inout ByteReader
  ) throws -> Double {
    switch type {
    case 0: return Double(try reader.read(UInt8.self))
    case 1: return Double(try reader.read(Int8.self))
    case 2: return Double(try reader.read(UInt16.self))
    case 3: return Double(try reader.read(Int16.self))
    case 4: return Double(try reader.read(UInt32.self))
    case 5: return Double(try reader.read(Int32.self))
    case 6: return Double(Float(bitPattern: try reader.read(UInt32.self)))
    case 7: return Double(try reader.read(UInt8.self))
    case 10: return Double(try reader.read(UInt64.self))
    case 11: return Double(try reader.read(Int64.self))
    case 12: return Double(bitPattern: try reader.read(UInt64.self))
    default: throw Problem(detail: "\(key) has the unknown value type \(type)")
    }
  }

  /// Bytes of the smallest element of each type: what limits how many an array can have.
  private static let smallest: [UInt32: Int] = [
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8,
  ]

  private static func array(_ key: String, _ reader: inout ByteReader) throws -> Value {
    let type = try reader.read(UInt32.self)
    let count = try reader.read(UInt64.self)
    guard let size = smallest[type] else {
      throw Problem(detail: "\(key) is an array of the unknown value type \(type)")
    }
    guard count <= reader.remaining / size else {
      throw Problem(detail: "\(key) claims \(count) elements, more than the file has bytes for")
    }
    if type == 8 { return .strings(try (0..<Int(count)).map { _ in try string(&reader) }) }
    return .numbers(try (0..<Int(count)).map { _ in try number(type, key, &reader) })
  }

  // MARK: Tensors

  /// Numbers of `ggml_type`.
  private static let types: [UInt32: ElementType] = Dictionary(
    uniqueKeysWithValues: ElementType.allCases.compactMap { type in
      type.ggufNumber.map { ($0, type) }
    })

  /// Names of types that files may have and that are not supported, for the refusal.
  private static let otherTypes: [UInt32: String] = [
    9: "q8_1", 15: "q8_k", 16: "iq2_xxs", 17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl",
    21: "iq3_s", 22: "iq2_s", 23: "iq4_xs", 29: "iq1_m", 34: "tq1_0", 35: "tq2_0", 39: "mxfp4",
  ]

  private struct Entry {
    var name: String
    var shape: [Int]
    var type: ElementType
    var offset: Int
    var bytes: Int
  }

  private static func tensors(
    count: Int, _ metadata: [String: Value], _ reader: inout ByteReader, owner: MappedFile
  ) throws -> [Tensor] {
    var names: Set<String> = []
    var entries: [Entry] = []
    for _ in 0..<count {
      let entry = try entry(&reader)
      guard names.insert(entry.name).inserted else {
        throw Problem(detail: "it has the tensor '\(entry.name)' twice")
      }
      entries.append(entry)
    }
    let alignment = try alignment(metadata)
    let start = (reader.position + alignment - 1) / alignment * alignment
    let data = UnsafeRawBufferPointer(rebasing: owner.bytes[min(start, owner.bytes.count)...])
    try verify(entries, alignment: alignment, bytes: data.count)
    return entries.map { entry in
      Tensor(
        name: entry.name, shape: entry.shape, type: entry.type,
        bytes: UnsafeRawBufferPointer(rebasing: data[entry.offset..<(entry.offset + entry.bytes)]),
        owner: owner)
    }
  }

  private static func alignment(_ metadata: [String: Value]) throws -> Int {
    switch metadata["general.alignment"] {
    case nil: return 32
    case .integer(let value) where 1...65536 ~= value && value & (value - 1) == 0: return value
    default: throw Problem(detail: "general.alignment is not a power of two from 1 to 65536")
    }
  }

  private static func entry(_ reader: inout ByteReader) throws -> Entry {
    let name = try name(&reader)
    let dimensions = try reader.read(UInt32.self)
    guard 1...4 ~= dimensions else {
      throw Problem(detail: "tensor '\(name)' has \(dimensions) dimensions; 1 to 4 are possible")
    }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      let size = try reader.read(UInt64.self)
      guard 1...(1 << 42) ~= size else {
        throw Problem(detail: "tensor '\(name)' has a dimension of \(size)")
      }
      shape.insert(Int(size), at: 0)  // the file has the innermost first
    }
    let number = try reader.read(UInt32.self)
    let offset = try reader.read(UInt64.self)
    guard let type = types[number] else {
      throw Problem(
        detail: "tensor '\(name)' is of the type \(otherTypes[number] ?? "\(number)"); available: "
          + types.sorted { $0.key < $1.key }.map(\.value.label).joined(separator: ", "),
        isRefusal: true)
    }
    guard shape.last! % type.blockSize == 0,
      let bytes = SafeTensors.byteCount(shape: shape, type: type),
      let start = Int(exactly: offset)
    else {
      throw Problem(detail: "tensor '\(name)' of type \(type.label) cannot have the shape \(shape)")
    }
    return Entry(name: name, shape: shape, type: type, offset: start, bytes: bytes)
  }

  /// Every tensor lies inside the data, aligned, and on its own.
  private static func verify(_ entries: [Entry], alignment: Int, bytes: Int) throws {
    var end = 0
    for entry in entries.sorted(by: { $0.offset < $1.offset }) {
      guard entry.offset % alignment == 0, entry.offset >= end else {
        throw Problem(
          detail: "tensor '\(entry.name)' starts at byte \(entry.offset) of the data, which is not "
            + "aligned to \(alignment) or inside another tensor")
      }
      guard entry.offset <= bytes, entry.bytes <= bytes - entry.offset else {
        throw Problem(
          detail: "tensor '\(entry.name)' ends \(entry.bytes - max(0, bytes - entry.offset)) bytes "
            + "behind the end of the file; was it cut short?")
      }
      end = entry.offset + entry.bytes
    }
  }

  // MARK: Metadata by key

  /// Whether the key is there.
  func has(_ key: String) -> Bool { metadata[key] != nil }

  /// A value as text; "" when there is none.
  func text(_ key: String) throws(WeightError) -> String {
    switch metadata[key] {
    case nil: return ""
    case .string(let bytes):
      return withExtendedLifetime(file) { String(decoding: bytes, as: UTF8.self) }
    default: throw invalid(key, expected: "a string")
    }
  }

  func integer(
    _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>
  ) throws(WeightError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    switch metadata[key] {
    case .integer(let value) where range.contains(value): return value
    case nil:
      guard let fallback else { throw invalid(key, expected: expected) }
      return fallback
    default: throw invalid(key, expected: expected)
    }
  }

  func number(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws(WeightError) -> Double {
    switch metadata[key] {
    case .float(let value) where range.contains(value): return value
    case nil: return fallback
    default:
      throw invalid(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func boolean(_ key: String, default fallback: Bool) throws(WeightError) -> Bool {
    switch metadata[key] {
    case .boolean(let value): return value
    case nil: return fallback
    default: throw invalid(key, expected: "true or false")
    }
  }

  /// nil when there is no such key.
  func numbers(_ key: String) throws(WeightError) -> [Double]? {
    switch metadata[key] {
    case .numbers(let values): return values
    case nil: return nil
    default: throw invalid(key, expected: "an array of numbers")
    }
  }

  /// UTF-8, not checked.
  func strings(_ key: String) throws(WeightError) -> [[UInt8]] {
    guard case .strings(let values) = metadata[key] else {
      throw invalid(key, expected: "an array of strings")
    }
    return withExtendedLifetime(file) { values.map(Array.init) }
  }

  func invalid(_ key: String, expected: String) -> WeightError {
    .invalidConfiguration(path: path, key: key, value: shown(key), expected: expected)
  }

  func unsupported(_ key: String, _ detail: String) -> WeightError {
    .unsupported(path: path, detail: "\(key) \(detail)")
  }

  func unknown(_ key: String, _ value: String, available: [String]) -> WeightError {
    unsupported(
      key,
      "is '\(value)'; available: " + available.map { "'\($0)'" }.joined(separator: ", "))
  }

  /// A number, or 0 and 1 for false and true; nil for anything else.
  func double(_ key: String) -> Double? {
    switch metadata[key] {
    case .integer(let value): Double(value)
    case .float(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The value as an error message shows it.
  func shown(_ key: String) -> String {
    switch metadata[key] {
    case nil: "nothing"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .string(let bytes):
      withExtendedLifetime(file) { "'\(String(decoding: bytes.prefix(60), as: UTF8.self))'" }
    case .strings(let values): "an array of \(values.count) strings"
    case .numbers(let values): "an array of \(values.count) numbers"
    }
  }
}
