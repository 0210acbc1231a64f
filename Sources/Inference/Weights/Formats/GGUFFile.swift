/// A GGUF file: metadata (key and typed value), then tensors.
///
/// Format, versions 2 and 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
struct GGUFFile {
  let metadata: GGUFMetadata
  /// In file order, shapes outermost first.
  let tensors: [Tensor]

  private static let magic: [UInt8] = Array("GGUF".utf8)

  var path: String { metadata.file.path }

  /// Whether the file begins as a GGUF file does.
  static func hasMagic(_ file: MappedFile) -> Bool { file.bytes.starts(with: magic) }

  struct Problem: Error {
    var detail: String
    /// Whether the file is valid, but uses something that is not supported here.
    var isRefusal = false
  }

  init(path: String) throws(WeightError) {
    self = try MappedFile(path: path).reading { (file) throws(WeightError) in try GGUFFile(file) }
  }

  /// - Parameter within: the bytes of the mapped file that hold it, when that is an archive.
  init(_ file: MappedFile, within: Range<Int>? = nil) throws(WeightError) {
    do {
      let bytes = within.map { UnsafeRawBufferPointer(rebasing: file.bytes[$0]) } ?? file.bytes
      var reader = ByteReader(bytes)
      let counts = try Self.header(&reader)
      metadata = try GGUFMetadata(count: counts.metadata, &reader, of: file)
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

  private init(metadata: GGUFMetadata, tensors: [Tensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The same model with the tensors of its other parts.
  func joined(with others: [GGUFFile]) -> GGUFFile {
    GGUFFile(metadata: metadata, tensors: tensors + others.flatMap(\.tensors))
  }

  // MARK: Header

  static func header(_ reader: inout ByteReader) throws -> (tensors: Int, metadata: Int) {
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
    count: Int, _ metadata: GGUFMetadata, _ reader: inout ByteReader, owner: MappedFile
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
    let data = UnsafeRawBufferPointer(rebasing: reader.bytes[min(start, reader.bytes.count)...])
    try verify(entries, alignment: alignment, bytes: data.count)
    return entries.map { entry in
      Tensor(
        name: entry.name, shape: entry.shape, type: entry.type,
        bytes: UnsafeRawBufferPointer(rebasing: data[entry.offset..<(entry.offset + entry.bytes)]),
        owner: owner)
    }
  }

  private static func alignment(_ metadata: GGUFMetadata) throws -> Int {
    switch metadata.values["general.alignment"] {
    case nil: return 32
    case .integer(let value) where 1...65536 ~= value && value & (value - 1) == 0: return value
    default: throw Problem(detail: "general.alignment is not a power of two from 1 to 65536")
    }
  }

  private static func entry(_ reader: inout ByteReader) throws -> Entry {
    let name = try GGUFMetadata.name(&reader)
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
      let bytes = SafetensorsFile.byteCount(shape: shape, type: type)
    else {
      throw Problem(detail: "tensor '\(name)' of type \(type.label) cannot have the shape \(shape)")
    }
    guard let start = Int(exactly: offset) else {
      throw Problem(
        detail: "tensor '\(name)' starts at byte \(offset) of the data, behind the end of the file")
    }
    return Entry(name: name, shape: shape, type: type, offset: start, bytes: bytes)
  }

  /// Checks that every tensor lies inside the data, is aligned, and overlaps no other.
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
            + "behind the end of the file; it may have been cut short")
      }
      end = entry.offset + entry.bytes
    }
  }
}
