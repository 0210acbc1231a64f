import Foundation

/// The safetensors container: the length of a JSON header (64 bits, little-endian), the header,
/// then the data, which the tensors must cover without gap or overlap.
///
/// Format: https://github.com/huggingface/safetensors
enum SafetensorsFile {
  /// The largest header that is read; that of a 7B LLaVA takes 0.1 MB.
  static let maximumHeaderBytes = 32 << 20

  static func tensors(of file: MappedFile) throws(WeightError) -> [Tensor] {
    do {
      return try read(file.bytes, owner: file)
    } catch let failure as JSONScanner.Failure {
      throw .damaged(
        path: file.path, detail: "byte \(failure.offset) of its header: \(failure.detail)")
    } catch let problem as Problem {
      throw .damaged(path: file.path, detail: problem.detail)
    } catch {
      throw .damaged(path: file.path, detail: "\(error)")
    }
  }

  private struct Problem: Error {
    var detail: String
  }

  /// Types by `dtype`: those without blocks, and booleans of a byte each.
  private static let types: [String: ElementType] = Dictionary(
    uniqueKeysWithValues: ElementType.allCases.filter { $0.blockSize == 1 }.map { ($0.label, $0) }
      + [("BOOL", .u8)])

  private static func read(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws -> [Tensor] {
    guard bytes.count >= 8 else {
      throw Problem(detail: "it has only \(bytes.count) bytes, too few for a safetensors header")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= maximumHeaderBytes, length <= bytes.count - 8 else {
      throw Problem(
        detail: "its header claims \(length) bytes; between 2 and "
          + "\(min(maximumHeaderBytes, bytes.count - 8)) are possible")
    }
    let header = UnsafeRawBufferPointer(rebasing: bytes[8..<(8 + Int(length))])
    let data = UnsafeRawBufferPointer(rebasing: bytes[(8 + Int(length))...])
    var names: Set<String> = []
    var entries: [Entry] = []
    var scanner = JSONScanner(header)
    try scanner.object { scanner, name in
      if name == "__metadata__" { return try scanner.skip() }
      guard names.insert(name).inserted else {
        throw Problem(detail: "its header names tensor '\(name)' twice")
      }
      entries.append(try entry(named: name, &scanner))
    }
    try scanner.end()
    try verifyCoverage(of: entries, bytes: data.count)
    return entries.map { entry in
      Tensor(
        name: entry.name, shape: entry.shape, type: entry.type,
        bytes: UnsafeRawBufferPointer(rebasing: data[entry.range]), owner: owner)
    }
  }

  private struct Entry {
    var name: String
    var type: ElementType
    var shape: [Int]
    var range: Range<Int>
  }

  private static func entry(named name: String, _ scanner: inout JSONScanner) throws -> Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int] = []
    try scanner.object { scanner, key in
      switch key {
      case "dtype": type = try scanner.string()
      case "shape": shape = try integers(&scanner, atMost: 8, of: name)
      case "data_offsets": offsets = try integers(&scanner, atMost: 2, of: name)
      default: try scanner.skip()
      }
    }
    guard let type, let shape else {
      throw Problem(detail: "tensor '\(name)' has no dtype or no shape")
    }
    guard let elementType = types[type] else {
      throw Problem(
        detail: "tensor '\(name)' has the unknown dtype '\(type)'; available: "
          + types.keys.sorted().joined(separator: ", "))
    }
    guard let bytes = byteCount(shape: shape, type: elementType) else {
      throw Problem(detail: "tensor '\(name)' has the impossible shape \(shape)")
    }
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
      offsets[1] - offsets[0] == bytes
    else {
      throw Problem(
        detail: "tensor '\(name)' of shape \(shape) and type \(type) takes \(bytes) bytes, but "
          + "its offsets are \(offsets)")
    }
    return Entry(name: name, type: elementType, shape: shape, range: offsets[0]..<offsets[1])
  }

  private static func integers(
    _ scanner: inout JSONScanner, atMost limit: Int, of name: String
  ) throws -> [Int] {
    var values: [Int] = []
    try scanner.array { scanner in
      values.append(try scanner.integer())
      guard values.count <= limit else {
        throw Problem(detail: "tensor '\(name)' has more than \(limit) dimensions or offsets")
      }
    }
    return values
  }

  /// Bytes that a tensor takes; nil when a dimension is negative or the product overflows.
  static func byteCount(shape: [Int], type: ElementType) -> Int? {
    var count = 1
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      count = product
    }
    return type.bytes(count: count)
  }

  /// Checks that every byte of the data belongs to exactly one tensor.
  private static func verifyCoverage(of entries: [Entry], bytes: Int) throws {
    var end = 0
    for entry in entries.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        throw Problem(
          detail: "tensor '\(entry.name)' starts at byte \(entry.range.lowerBound) of the data, "
            + "but the tensors before it end at \(end)")
      }
      end = entry.range.upperBound
    }
    guard end == bytes else {
      throw Problem(
        detail: "its tensors take \(end) bytes, but \(bytes) follow the header"
          + (end > bytes ? "; the file was cut short" : ""))
    }
  }
}
