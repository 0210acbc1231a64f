/// The part of the protocol buffer wire format that a flat message needs.
///
/// Format: https://protobuf.dev/programming-guides/encoding
enum ProtocolBuffer {
  enum Failure: Error, CustomStringConvertible {
    case truncated
    case unknownWireType(Int)
    case wrongType(field: Int)
    case unknownValue(Int)

    var description: String {
      switch self {
      case .truncated: "a field is cut short"
      case .unknownWireType(let type): "a field has the unknown wire type \(type)"
      case .wrongType(let field): "field \(field) has the wrong type"
      case .unknownValue(let value): "a field has the unknown value \(value)"
      }
    }
  }

  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(UnsafeRawBufferPointer)
  }

  struct Field {
    var number: Int
    var value: Value

    func bytes() throws(Failure) -> UnsafeRawBufferPointer {
      guard case .bytes(let bytes) = value else { throw .wrongType(field: number) }
      return bytes
    }

    func float() throws(Failure) -> Float {
      guard case .fixed32(let bits) = value else { throw .wrongType(field: number) }
      return Float(bitPattern: bits)
    }

    /// A 32-bit integer (negative values are written as 64-bit two's complement).
    func integer() throws(Failure) -> Int {
      guard case .integer(let bits) = value else { throw .wrongType(field: number) }
      return Int(Int32(truncatingIfNeeded: bits))
    }
  }

  /// Calls `body` for each field of the message, in file order.
  static func fields(
    of message: UnsafeRawBufferPointer, _ body: (Field) throws -> Void
  ) throws {
    var position = 0
    while position < message.count {
      let tag = try variable(message, &position)
      let value: Value
      switch tag & 7 {
      case 0: value = .integer(try variable(message, &position))
      case 1: value = .fixed64(try fixed(message, &position, as: UInt64.self))
      case 2:
        let length = try variable(message, &position)
        guard length <= message.count - position else { throw Failure.truncated }
        let end = position + Int(length)
        value = .bytes(UnsafeRawBufferPointer(rebasing: message[position..<end]))
        position = end
      case 5: value = .fixed32(try fixed(message, &position, as: UInt32.self))
      default: throw Failure.unknownWireType(Int(tag & 7))
      }
      try body(Field(number: Int(truncatingIfNeeded: tag >> 3), value: value))
    }
  }

  private static func variable(
    _ message: UnsafeRawBufferPointer, _ position: inout Int
  ) throws(Failure) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < message.count else { throw .truncated }
      let byte = message[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw .truncated
  }

  private static func fixed<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ message: UnsafeRawBufferPointer, _ position: inout Int, as: Bits.Type
  ) throws(Failure) -> Bits {
    let size = MemoryLayout<Bits>.size
    guard size <= message.count - position else { throw .truncated }
    defer { position += size }
    return Bits(littleEndian: message.loadUnaligned(fromByteOffset: position, as: Bits.self))
  }
}
