/// A checkpoint written by `torch.save`: a zip of a pickle and one entry per storage, or, before
/// PyTorch 1.6, a row of pickles followed by the storages.
enum TorchFile {
  static func tensors(of file: MappedFile) throws(WeightError) -> [Tensor] {
    do {
      return file.bytes.starts(with: ZipArchive.magic)
        ? try zipTensors(of: file) : try legacyTensors(of: file)
    } catch let problem as Unpickler.Problem {
      throw problem.isRefusal
        ? .unsupported(path: file.path, detail: problem.detail)
        : .damaged(path: file.path, detail: problem.detail)
    } catch let problem as ZipArchive.Problem {
      throw .damaged(path: file.path, detail: problem.detail)
    } catch is ByteReader.Truncated {
      throw .damaged(path: file.path, detail: "it was cut short")
    } catch {
      throw .damaged(path: file.path, detail: "\(error)")
    }
  }

  private typealias Problem = Unpickler.Problem

  // MARK: Containers

  private static func zipTensors(of file: MappedFile) throws -> [Tensor] {
    let archive = try ZipArchive(file.bytes)
    guard let name = archive.entries.keys.first(where: { $0.hasSuffix("/data.pkl") }),
      let pickle = archive.entries[name]
    else { throw Problem(detail: "it holds no PyTorch checkpoint (no entry data.pkl)") }
    let root = name.dropLast("data.pkl".count)
    if let order = archive.entries[root + "byteorder"], !order.elementsEqual("little".utf8) {
      throw Problem(detail: "its numbers are big-endian", isRefusal: true)
    }
    var unpickler = Unpickler(pickle)
    let value = try unpickler.load()
    return try tensors(in: value, unpickler, owner: file) {
      archive.entries[root + "data/" + $0.key]
    }
  }

  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let legacyMagic: [UInt8] = [
    0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  private static func legacyTensors(of file: MappedFile) throws -> [Tensor] {
    var unpickler = Unpickler(file.bytes)
    guard case .text(let magic)? = try? unpickler.load(), magic.elementsEqual(legacyMagic) else {
      throw Problem(detail: "it is neither a zip archive nor an older PyTorch checkpoint")
    }
    guard case .integer(1001) = try unpickler.load() else {
      throw Problem(detail: "its PyTorch protocol is not 1001", isRefusal: true)
    }
    _ = try unpickler.load()  // word sizes and byte order of the writer
    let value = try unpickler.load()
    guard case .list(let keys) = try unpickler.load() else {
      throw Problem(detail: "it lists no storages")
    }
    let types = Dictionary(
      unpickler.storages.map { ($0.key, $0.type) }, uniquingKeysWith: { first, _ in first })
    var reader = ByteReader(file.bytes, at: unpickler.position)
    var data: [String: UnsafeRawBufferPointer] = [:]
    for key in unpickler.lists[keys] {
      guard case .text(let text) = key else { throw Problem(detail: "a storage has no name") }
      let name = String(decoding: text, as: UTF8.self)
      let count = try reader.read(Int64.self)
      guard let type = types[name], count >= 0, let bytes = type.bytes(count: Int(count)) else {
        throw Problem(detail: "storage '\(name)' of \(count) elements is in no tensor")
      }
      data[name] = try reader.take(bytes)
    }
    return try tensors(in: value, unpickler, owner: file) { data[$0.key] }
  }

  // MARK: Tensors

  /// The tensors of a state dict, which may be the entry "state_dict" of a larger checkpoint.
  private static func tensors(
    in value: Unpickler.Value, _ unpickler: Unpickler, owner: MappedFile,
    data: (Unpickler.Storage) -> UnsafeRawBufferPointer?
  ) throws -> [Tensor] {
    guard case .dictionary(var index) = value else {
      throw Problem(detail: "its pickle holds no dictionary of tensors")
    }
    for (key, value) in unpickler.dictionaries[index] {
      if case .text(let text) = key, text.elementsEqual("state_dict".utf8),
        case .dictionary(let inner) = value
      {
        index = inner
      }
    }
    var names: Set<String> = []
    var tensors: [Tensor] = []
    // Views that cannot be mapped are copied. Together the copies may take as many bytes as the
    // file.
    var bytesToCopy = owner.bytes.count
    for (key, value) in unpickler.dictionaries[index] {
      guard case .text(let text) = key, case .tensor(let tensor) = value else { continue }
      let name = String(decoding: text, as: UTF8.self)
      guard names.insert(name).inserted else {
        throw Problem(detail: "it has the tensor '\(name)' twice")
      }
      let view = unpickler.tensors[tensor]
      let storage = unpickler.storages[view.storage]
      guard let bytes = data(storage),
        bytes.count >= storage.type.bytes(count: storage.count) ?? .max
      else {
        throw Problem(
          detail: "the \(storage.count) elements of tensor '\(name)' are not in the file")
      }
      tensors.append(
        try self.tensor(name, view, storage, bytes, owner: owner, bytesToCopy: &bytesToCopy))
    }
    return tensors
  }

  private static func tensor(
    _ name: String, _ view: Unpickler.TensorView, _ storage: Unpickler.Storage,
    _ bytes: UnsafeRawBufferPointer, owner: MappedFile, bytesToCopy: inout Int
  ) throws -> Tensor {
    let size = storage.type.blockBytes
    guard let total = SafetensorsFile.byteCount(shape: view.shape, type: storage.type),
      let end = end(of: view), end <= storage.count
    else {
      throw Problem(
        detail: "tensor '\(name)' of shape \(view.shape) reaches beyond its storage of "
          + "\(storage.count) elements")
    }
    if isContiguous(view) {
      // An empty tensor's offset is not checked against its storage, and could overflow.
      let start = total == 0 ? 0 : view.offset * size
      return Tensor(
        name: name, shape: view.shape, type: storage.type,
        bytes: total == 0
          ? UnsafeRawBufferPointer(start: nil, count: 0)
          : UnsafeRawBufferPointer(rebasing: bytes[start..<(start + total)]),
        owner: owner)
    }
    guard total <= bytesToCopy else {
      throw Problem(
        detail:
          "tensor '\(name)' repeats its \(storage.count) elements to \(total) bytes; with such "
          + "tensors before it that is more than the file")
    }
    bytesToCopy -= total
    let copy = OwnedBytes(count: total)
    copyElements(of: view, size: size, from: bytes, to: copy.buffer)
    return Tensor(
      name: name, shape: view.shape, type: storage.type, bytes: UnsafeRawBufferPointer(copy.buffer),
      owner: copy)
  }

  /// The index after a view's last element; nil when it overflows.
  private static func end(of view: Unpickler.TensorView) -> Int? {
    guard !view.shape.contains(0) else { return 0 }
    var last = view.offset
    for (size, stride) in zip(view.shape, view.strides) {
      let (distance, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow2) = last.addingReportingOverflow(distance)
      guard !overflow, !overflow2 else { return nil }
      last = sum
    }
    return last == .max ? nil : last + 1
  }

  /// Whether the view's elements follow each other in its storage. Its size has been checked.
  private static func isContiguous(_ view: Unpickler.TensorView) -> Bool {
    // The other dimensions of an empty tensor may be of any size.
    if view.shape.contains(0) { return true }
    var expected = 1
    for (size, stride) in zip(view.shape, view.strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }

  /// Copies the view's elements in row-major order. Bounds were checked. Dimensions of size 1 are
  /// skipped: their strides are never used, and a hostile one would overflow.
  private static func copyElements(
    of view: Unpickler.TensorView, size: Int, from source: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawBufferPointer
  ) {
    let walked = view.shape.indices.filter { view.shape[$0] != 1 }
    let (shape, strides) = (walked.map { view.shape[$0] }, walked.map { view.strides[$0] })
    var indices = [Int](repeating: 0, count: walked.count)
    var element = view.offset
    for position in stride(from: 0, to: target.count, by: size) {
      target.baseAddress!.advanced(by: position).copyMemory(
        from: source.baseAddress!.advanced(by: element * size), byteCount: size)
      for dimension in indices.indices.reversed() {
        indices[dimension] += 1
        element += strides[dimension]
        if indices[dimension] < shape[dimension] { break }
        element -= shape[dimension] * strides[dimension]
        indices[dimension] = 0
      }
    }
  }
}
