import Foundation
import Testing

/// The F32 and U8 arrays of a safetensors file below `Oracle.root`. This reader is independent of the one
/// under test.
public struct GoldenArrays {
  private struct Header: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private let data: [UInt8]
  private let headers: [String: Header]
  private let start: Int

  public init(_ relative: String) throws {
    data = try Oracle.bytes(Oracle.path(relative))
    let headerBytes = data.prefix(8).enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    start = 8 + headerBytes
    headers = try JSONDecoder().decode([String: Header].self, from: Data(data[8..<start]))
  }

  /// The numbers of an array, row-major.
  public func floats(_ name: String) throws -> [Float] {
    let header = try #require(headers[name], "no golden array '\(name)'")
    try #require(header.dtype == "F32", "golden array '\(name)' is \(header.dtype)")
    return data[start + header.offsets[0]..<start + header.offsets[1]].withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// The bytes of an array, row-major.
  public func bytes(_ name: String) throws -> [UInt8] {
    let header = try #require(headers[name], "no golden array '\(name)'")
    try #require(header.dtype == "U8", "golden array '\(name)' is \(header.dtype)")
    return Array(data[start + header.offsets[0]..<start + header.offsets[1]])
  }

  /// The rows of every array of two dimensions.
  public func matrices() throws -> [String: [[Float]]] {
    var matrices: [String: [[Float]]] = [:]
    for (name, header) in headers where header.dtype == "F32" && header.shape.count == 2 {
      let (floats, columns) = (try floats(name), header.shape[1])
      matrices[name] = stride(from: 0, to: floats.count, by: columns).map {
        Array(floats[$0..<$0 + columns])
      }
    }
    return matrices
  }
}
