/// Loads a checkpoint's tensors in the form that the kernels read.
struct WeightLoader {
  let checkpoint: CheckpointHeaders
  /// nil keeps each matrix in its stored type.
  let matrixType: ElementType?
  /// The same for vision tower and projector.
  let visionType: ElementType?
  let pool: ThreadPool

  /// Type of the patch convolution, whose rows (3 x 14 x 14) do not divide into quantisation
  /// blocks.
  var patchType: ElementType { visionType == .f32 ? .f32 : .f16 }

  /// A norm, bias or position embedding as plain floats.
  ///
  /// - Throws: `WeightError` when the tensor's file was changed, or holds infinite values or NaN, which
  ///   would make every answer empty.
  func vector(_ part: ModelPart) throws -> [Float] {
    let tensor = try checkpoint.tensor(part)
    let floats = try tensor.floats()
    guard floats.allSatisfy(\.isFinite) else { throw tensor.notFinite() }
    return floats
  }

  /// A linear layer's weights and, where the architecture lists it, its bias.
  func matrix(_ part: ModelPart, bias: ModelPart? = nil) throws -> PackedMatrix {
    let tensor = try checkpoint.tensor(part)
    let bias = try bias.flatMap { try optionalVector($0) }
    do {
      return try PackedMatrix(tensor, as: packedType(of: part, tensor), bias: bias, pool: pool)
    } catch KernelError.notFinite {
      try tensor.verifyUnchanged()
      throw tensor.notFinite()  // names the file, too
    }
  }

  /// Bytes that a part takes in memory once it is loaded.
  func packedBytes(_ part: ModelPart) throws -> Int {
    let tensor = try checkpoint.tensor(part)
    guard tensor.shape.count == 2, part != .visionPositionEmbedding else { return 4 * tensor.count }
    let type = packedType(of: part, tensor) ?? tensor.type.matrixType
    return PackedMatrix.bytes(rows: tensor.rows, columns: tensor.columns, type: type)
  }

  /// As `vector`, for a part that an architecture may leave out; nil where it does.
  func optionalVector(_ part: ModelPart) throws -> [Float]? {
    guard checkpoint.has(part) else { return nil }
    return try vector(part)
  }

  /// What a matrix is packed as; nil keeps its stored type.
  private func packedType(of part: ModelPart, _ tensor: Tensor) -> ElementType? {
    let type = part.isVision ? visionType : matrixType
    return type?.fitting(columns: tensor.columns)
  }

  /// Asks the system to read a layer from the file while the layer before it is packed.
  func readAhead(textLayer index: Int) throws {
    for part in TextBlockPart.allCases where checkpoint.has(.textBlock(index, part)) {
      try checkpoint.tensor(.textBlock(index, part)).readAhead()
    }
  }

  func embedding(_ part: ModelPart) throws -> EmbeddingTable {
    EmbeddingTable(try checkpoint.tensor(part))
  }
}

/// The token embedding, left in its file: only the rows that are asked for are read.
struct EmbeddingTable {
  private let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  /// Bytes in the file.
  var bytes: Int { tensor.bytes.count }

  /// Writes one token's row, `[width]`.
  ///
  /// - Throws: `WeightError` when the model's file was changed after it was opened, when the row holds
  ///   values that are no numbers, or when the tokenizer yields a token that has no row.
  func copyRow(_ token: Int, into target: UnsafeMutablePointer<Float>) throws {
    guard 0..<tensor.rows ~= token else {
      throw WeightError.damaged(
        path: tensor.path ?? tensor.name,
        detail: "its tokenizer has a token \(token), but the embedding has \(tensor.rows) rows")
    }
    try tensor.readRow(token, into: target)
    guard (0..<tensor.columns).allSatisfy({ target[$0].isFinite }) else {
      throw tensor.notFinite()
    }
  }
}
