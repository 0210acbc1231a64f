import Foundation

/// The vision tower's output for one square: `[count, width]`, row-major over the patch grid.
public struct VisionFeatures: Sendable {
  /// Rows: the patches and, where the model keeps it, the class row in front of them.
  public let count: Int
  /// Elements of one row: the tower's width for each feature layer.
  public let width: Int
  /// `[count, width]`
  public let values: [Float]
  /// `[patches]`: the class row's attention in the last block, mean over heads; nil where the tower has
  /// no class row.
  public let classAttention: [Float]?
}

/// A vision transformer up to the deepest block whose output the model uses. Its record says which of
/// class row, patch bias, norm in front of the blocks and activation it has.
///
/// The norm after the blocks is never applied: features are hidden states, even those of the last
/// block. Source: Radford et al., arXiv 2103.00020; `CLIPVisionModel` and `SiglipVisionModel` in HF
/// transformers.
final class VisionTower {
  private typealias Norm = (weight: [Float], bias: [Float])

  private struct Block {
    let norm1: Norm
    let query: PackedMatrix
    let key: PackedMatrix
    let value: PackedMatrix
    let output: PackedMatrix
    let norm2: Norm
    let expand: PackedMatrix
    let contract: PackedMatrix
  }

  let configuration: VisionConfiguration
  private let pool: ThreadPool
  /// `[width, 3 * patch * patch]`
  private let patchEmbedding: PackedMatrix
  /// `[width]`; nil where the tower has no class row.
  private let classEmbedding: [Float]?
  /// `[positions, width]`
  private let positionEmbedding: [Float]
  private let preNorm: Norm?
  private let blocks: [Block]

  /// Type of the blocks' matrices.
  var type: ElementType { blocks.first?.query.type ?? patchEmbedding.type }

  var bytes: Int {
    patchEmbedding.bytes
      + blocks.reduce(0) { sum, block in
        sum
          + [block.query, block.key, block.value, block.output, block.expand, block.contract]
          .reduce(0) { $0 + $1.bytes }
      }
  }

  init(_ loader: WeightLoader, configuration: VisionConfiguration) throws {
    self.configuration = configuration
    pool = loader.pool
    let patchLength = 3 * configuration.patch * configuration.patch
    patchEmbedding = try PackedMatrix(
      rows: configuration.width, columns: patchLength,
      floats: try loader.vector(.visionPatchEmbedding), as: loader.patchType,
      bias: try loader.optionalVector(.visionPatchBias), pool: pool)
    classEmbedding = try loader.optionalVector(.visionClassEmbedding)
    positionEmbedding = try loader.vector(.visionPositionEmbedding)
    preNorm = try loader.optionalVector(.visionPreNormWeight).map { weight in
      (weight, try loader.vector(.visionPreNormBias))
    }
    blocks = try (0..<configuration.layers).map { index in
      func vector(_ part: VisionBlockPart) throws -> [Float] {
        try loader.vector(.visionBlock(index, part))
      }
      func matrix(_ weight: VisionBlockPart, _ bias: VisionBlockPart) throws -> PackedMatrix {
        try loader.matrix(.visionBlock(index, weight), bias: .visionBlock(index, bias))
      }
      return Block(
        norm1: (try vector(.norm1Weight), try vector(.norm1Bias)),
        query: try matrix(.qWeight, .qBias), key: try matrix(.kWeight, .kBias),
        value: try matrix(.vWeight, .vBias),
        output: try matrix(.oWeight, .oBias),
        norm2: (try vector(.norm2Weight), try vector(.norm2Bias)),
        expand: try matrix(.fc1Weight, .fc1Bias),
        contract: try matrix(.fc2Weight, .fc2Bias))
    }
  }

  /// Encodes one square.
  ///
  /// - Parameters:
  ///   - pixels: `[3, side, side]`, normalised.
  ///   - progress: called after each block with blocks done and in all; throw from it to stop.
  /// - Returns: `[VisionConfiguration.features, featureWidth]`.
  func encode(
    _ pixels: PixelValues, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> VisionFeatures {
    let width = configuration.width
    let rows = configuration.positions
    let hidden = FloatBuffer(count: rows * width)
    embedPatches(pixels, into: hidden)
    if let preNorm {
      Vector.layerNorm(
        hidden.pointer, weight: preNorm.weight, bias: preNorm.bias, rows: rows, width: width,
        epsilon: configuration.epsilon, into: hidden.pointer, pool: pool)
    }
    var features = [Float](
      repeating: 0, count: configuration.features * configuration.featureWidth)
    collect(hidden, layer: 0, into: &features)

    let attended = FloatBuffer(count: rows * width)
    let query = FloatBuffer(count: rows * width)
    let key = FloatBuffer(count: rows * width)
    let value = FloatBuffer(count: rows * width)
    let expanded = FloatBuffer(count: rows * configuration.feedForward)
    var classAttention: [Float]?
    for (index, block) in blocks.enumerated() {
      PackedMatrix.multiply(
        count: rows,
        by: [
          (block.query, query.pointer), (block.key, key.pointer), (block.value, value.pointer),
        ], pool: pool, rows: normed(hidden, block.norm1))
      Attention.bidirectional(
        q: query.pointer, k: key.pointer, v: value.pointer, n: rows, heads: configuration.heads,
        headDim: configuration.headDim, exact: type == .f32, out: attended.pointer, pool: pool)
      if index == blocks.count - 1 { classAttention = attentionOfClassRow(query, key) }
      block.output.multiply(
        attended.pointer, count: rows, into: hidden.pointer, adding: true, pool: pool)

      PackedMatrix.multiply(
        count: rows, by: [(block.expand, expanded.pointer)], pool: pool,
        rows: normed(hidden, block.norm2))
      PackedMatrix.multiply(
        count: rows, by: [(block.contract, hidden.pointer)], adding: true, pool: pool
      ) { rows, activated in
        activate(
          expanded.pointer + rows.lowerBound * configuration.feedForward,
          count: rows.count * configuration.feedForward, into: activated)
      }
      collect(hidden, layer: index + 1, into: &features)
      try progress(index + 1, blocks.count)
    }
    return VisionFeatures(
      count: configuration.features, width: configuration.featureWidth, values: features,
      classAttention: classAttention)
  }

  /// `[patches]`: the class row's softmax over all rows, mean over heads.
  private func attentionOfClassRow(_ query: FloatBuffer, _ key: FloatBuffer) -> [Float]? {
    guard classEmbedding != nil else { return nil }
    let (rows, width, headDim) = (
      configuration.positions, configuration.width, configuration.headDim
    )
    var sums = [Float](repeating: 0, count: rows)
    for head in 0..<configuration.heads {
      var scores = (0..<rows).map { row -> Float in
        var product: Float = 0
        for index in head * headDim..<(head + 1) * headDim {
          product += query.pointer[index] * key.pointer[row * width + index]
        }
        return product / Float(headDim).squareRoot()
      }
      _ = Vector.softmax(&scores, count: rows)
      for row in 0..<rows { sums[row] += scores[row] / Float(configuration.heads) }
    }
    return Array(sums.dropFirst(configuration.tower.rowsBeforePatches))
  }

  private func activate(
    _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
  ) {
    switch configuration.tower.activation {
    case .quickGELU: Vector.quickGELU(x, count: count, into: y, pool: pool)
    case .tanhGELU: Vector.tanhGELU(x, count: count, into: y, pool: pool)
    }
  }

  /// Copies the hidden state of a layer to its places in the features; a layer may be listed twice.
  private func collect(_ hidden: FloatBuffer, layer: Int, into features: inout [Float]) {
    let (width, stride) = (configuration.width, configuration.featureWidth)
    let first = configuration.positions - configuration.features
    for (place, wanted) in configuration.featureLayers.enumerated() where wanted == layer {
      features.withUnsafeMutableBufferPointer { features in
        for row in 0..<configuration.features {
          (features.baseAddress! + row * stride + place * width)
            .update(from: hidden.pointer + (first + row) * width, count: width)
        }
      }
    }
  }

  /// A function that writes a range of normed rows, `[range, width]`, for `PackedMatrix.multiply`.
  private func normed(
    _ hidden: FloatBuffer, _ norm: Norm
  ) -> (Range<Int>, UnsafeMutablePointer<Float>) -> Void {
    let width = configuration.width
    return { [configuration, pool] rows, target in
      Vector.layerNorm(
        hidden.pointer + rows.lowerBound * width, weight: norm.weight, bias: norm.bias,
        rows: rows.count, width: width, epsilon: configuration.epsilon, into: target, pool: pool)
    }
  }

  /// Computes the patch convolution (stride = patch) as one matrix product, puts the class row
  /// first where the tower has one, and adds position embeddings.
  private func embedPatches(_ pixels: PixelValues, into hidden: FloatBuffer) {
    let patch = configuration.patch
    let side = configuration.imageSide
    let grid = configuration.patchesPerSide
    let length = 3 * patch * patch
    let columns = FloatBuffer(count: grid * grid * length)
    pixels.values.withUnsafeBufferPointer { planes in
      for row in 0..<grid {
        for column in 0..<grid {
          var target = columns.pointer + (row * grid + column) * length
          for channel in 0..<3 {
            for y in 0..<patch {
              let source =
                planes.baseAddress! + channel * side * side + (row * patch + y) * side
                + column * patch
              target.update(from: source, count: patch)
              target += patch
            }
          }
        }
      }
    }
    let width = configuration.width
    patchEmbedding.multiply(
      columns.pointer, count: grid * grid,
      into: hidden.pointer + configuration.tower.rowsBeforePatches * width, pool: pool)
    classEmbedding?.withUnsafeBufferPointer {
      hidden.pointer.update(from: $0.baseAddress!, count: width)
    }
    positionEmbedding.withUnsafeBufferPointer {
      Vector.add($0.baseAddress!, to: hidden.pointer, count: hidden.count, pool: pool)
    }
  }
}
