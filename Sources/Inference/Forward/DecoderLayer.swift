/// The weights of one of a decoder's layers.
struct DecoderLayer {
  let inputNorm: [Float]
  let query: PackedMatrix
  let key: PackedMatrix
  let value: PackedMatrix
  let output: PackedMatrix
  let postNorm: [Float]
  let gate: PackedMatrix
  let up: PackedMatrix
  let down: PackedMatrix

  /// Bytes of its matrices, all of which one decode step reads.
  var bytes: Int {
    [query, key, value, output, gate, up, down].reduce(0) { $0 + $1.bytes }
  }

  /// - Throws: `WeightError`
  init(_ loader: WeightLoader, index: Int) throws {
    func matrix(_ part: TextBlockPart, _ bias: TextBlockPart? = nil) throws -> PackedMatrix {
      try loader.matrix(.textBlock(index, part), bias: bias.map { .textBlock(index, $0) })
    }
    inputNorm = try loader.vector(.textBlock(index, .inputNorm))
    query = try matrix(.q, .qBias)
    key = try matrix(.k, .kBias)
    value = try matrix(.v, .vBias)
    output = try matrix(.o)
    postNorm = try loader.vector(.textBlock(index, .postNorm))
    gate = try matrix(.gate)
    up = try matrix(.up)
    down = try matrix(.down)
  }
}
