/// Takes a checkpoint's tensors to the form the kernels want.
struct WeightLoader {
  let checkpoint: Checkpoint
  /// nil keeps each matrix in its stored type.
  let matrixType: ElementType?
  /// The same for vision tower and projector.
  let visionType: ElementType?
  let pool: ThreadPool

  /// The patch convolution's rows (3 x 14 x 14) do not divide into quantisation blocks.
  var patchType: ElementType { visionType == .f32 ? .f32 : .f16 }

  /// A norm, bias or position embedding as plain floats.
  ///
  /// - Throws: `KernelError.notFinite` for infinite values and NaN, which make every answer empty.
  func vector(_ part: ModelPart) throws -> [Float] {
    let tensor = try checkpoint.tensor(part)
    let floats = try tensor.floats()
    guard floats.allSatisfy(\.isFinite) else { throw KernelError.notFinite(name: tensor.name) }
    return floats
  }

  func matrix(_ part: ModelPart, bias: [Float]? = nil) throws -> PackedMatrix {
    let tensor = try checkpoint.tensor(part)
    let type = part.isVision ? visionType : matrixType
    return try PackedMatrix(
      tensor, as: type?.fitting(columns: tensor.columns), bias: bias, pool: pool)
  }

  /// Lets the file's next layer come in while this one is packed.
  func readAhead(textLayer index: Int) throws {
    for part in TextBlockPart.allCases {
      try checkpoint.tensor(.textBlock(index, part)).readAhead()
    }
  }

  func embedding(_ part: ModelPart) throws -> EmbeddingTable {
    EmbeddingTable(try checkpoint.tensor(part))
  }
}

/// The token embedding, left in the mapped file: only the rows that are asked for are read.
struct EmbeddingTable {
  private let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  var bytes: Int { tensor.bytes.count }

  /// Writes one token's row, `[width]`.
  func copyRow(_ token: Int, into target: UnsafeMutablePointer<Float>) {
    tensor.convert(rows: token..<token + 1, into: target)
  }
}
