/// The metadata of a GGUF file: typed values by key.
///
/// Strings and arrays stay in the mapped file and are decoded when they are read, so that a large
/// array takes no further memory.
struct GGUFMetadata: @unchecked Sendable {  // what it points to never changes
  enum Value {
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// UTF-8, not checked.
    case string(UnsafeRawBufferPointer)
    case strings(GGUFStrings)
    /// An array of numbers or booleans.
    case numbers(GGUFNumbers)
  }

  /// Keeps the bytes that the values point to alive.
  let file: MappedFile
  let values: [String: Value]

  /// Reads `count` keys and their values.
  ///
  /// - Throws: `GGUFFile.Problem` or `ByteReader.Truncated`.
  init(count: Int, _ reader: inout ByteReader, of file: MappedFile) throws {
    var values: [String: Value] = [:]
    for _ in 0..<count {
      let key = try Self.name(&reader)
      let type = try reader.read(UInt32.self)
      let value = try Self.value(type, key, &reader, of: file)
      guard values.updateValue(value, forKey: key) == nil else {
        throw GGUFFile.Problem(detail: "its metadata has the key '\(key)' twice")
      }
    }
    self.file = file
    self.values = values
  }

  /// The text at one of `count` keys; nil when there is none. Reading stops at that key.
  ///
  /// - Throws: as `init`.
  static func text(
    _ key: String, count: Int, _ reader: inout ByteReader, of file: MappedFile
  ) throws -> String? {
    for _ in 0..<count {
      let name = try Self.name(&reader)
      let value = try Self.value(reader.read(UInt32.self), name, &reader, of: file)
      guard name == key else { continue }
      guard case .string(let bytes) = value else { return nil }
      return withExtendedLifetime(file) { String(decoding: bytes, as: UTF8.self) }
    }
    return nil
  }

  /// The name of a key or of a tensor.
  static func name(_ reader: inout ByteReader) throws -> String {
    let bytes = try string(&reader)
    guard !bytes.isEmpty, bytes.count < 65536, let name = String(validating: bytes, as: UTF8.self)
    else {
      throw GGUFFile.Problem(detail: "a name of \(bytes.count) bytes is not valid text")
    }
    return name
  }

  private static func string(_ reader: inout ByteReader) throws -> UnsafeRawBufferPointer {
    let length = try reader.read(UInt64.self)
    guard length <= reader.remaining else {
      throw GGUFFile.Problem(
        detail: "a string of \(length) bytes starts where only \(reader.remaining) are left")
    }
    return try reader.take(Int(length))
  }

  private static func value(
    _ number: UInt32, _ key: String, _ reader: inout ByteReader, of file: MappedFile
  ) throws -> Value {
    switch number {
    case 8: return .string(try string(&reader))
    case 9: return try array(key, &reader, of: file)
    default: break
    }
    guard let type = GGUFNumberType(rawValue: number) else {
      throw GGUFFile.Problem(detail: "\(key) has the unknown value type \(number)")
    }
    switch type {
    case .bool: return .boolean(try reader.read(UInt8.self) != 0)
    case .f32, .f64: return .float(type.number(in: try reader.take(type.bytes), at: 0))
    case .u64:
      let value = try reader.read(UInt64.self)
      guard let value = Int(exactly: value) else {
        throw GGUFFile.Problem(detail: "\(key) is \(value), which is too large")
      }
      return .integer(value)
    case .i64: return .integer(Int(try reader.read(Int64.self)))
    case .u8, .i8, .u16, .i16, .u32, .i32:
      // A double holds these exactly.
      return .integer(Int(type.number(in: try reader.take(type.bytes), at: 0)))
    }
  }

  private static func array(
    _ key: String, _ reader: inout ByteReader, of file: MappedFile
  ) throws -> Value {
    let number = try reader.read(UInt32.self)
    let count = try reader.read(UInt64.self)
    let type = GGUFNumberType(rawValue: number)
    guard type != nil || number == 8 else {
      throw GGUFFile.Problem(detail: "\(key) is an array of the unknown value type \(number)")
    }
    // A string takes at least the 8 bytes of its length.
    guard count <= reader.remaining / (type?.bytes ?? 8) else {
      throw GGUFFile.Problem(
        detail: "\(key) claims \(count) elements, more than the file has bytes for")
    }
    if let type {
      let bytes = try reader.take(Int(count) * type.bytes)
      return .numbers(GGUFNumbers(type: type, bytes: bytes, file: file))
    }
    let start = reader.position
    for _ in 0..<Int(count) { _ = try string(&reader) }
    return .strings(
      GGUFStrings(
        count: Int(count),
        bytes: UnsafeRawBufferPointer(rebasing: reader.bytes[start..<reader.position]), file: file))
  }
}
