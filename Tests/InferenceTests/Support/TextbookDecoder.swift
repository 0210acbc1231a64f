import Foundation
import TestSupport

@testable import Inference

/// LLaMA's decoder written out over the file's own tensors, without a cache.
struct TextbookDecoder {
  private let checkpoint: Checkpoint
  private let text: TextConfiguration

  init(_ model: LlavaModel) {
    checkpoint = model.checkpoint
    text = model.configuration.text
  }

  /// What the last of some tokens attends to, mean over heads and layers, `[tokens]`.
  func attention(of ids: [Int]) throws -> [Double] {
    let width = text.width
    let table = try checkpoint.tensor(.tokenEmbedding).floats()
    var hidden = ids.flatMap { table[$0 * width..<($0 + 1) * width].map(Double.init) }
    var mean = [Double](repeating: 0, count: ids.count)
    for layer in 0..<text.layers {
      let row = try pass(&hidden, layer, count: ids.count)
      for (index, share) in row.enumerated() { mean[index] += Double(share) / Double(text.layers) }
    }
    return mean
  }

  /// Takes `[count, width]` through one layer.
  ///
  /// - Returns: the last row's softmax, mean over heads, `[count]`.
  private func pass(_ hidden: inout [Double], _ layer: Int, count: Int) throws -> [Float] {
    func weight(_ part: TextBlockPart) throws -> [Float] {
      try checkpoint.tensor(.textBlock(layer, part)).floats()
    }
    func product(_ rows: [Double], _ part: TextBlockPart) throws -> [Float] {
      let weight = try weight(part)
      let columns = rows.count / count
      return Textbook.product(
        rows, weight, m: count, rows: weight.count / columns, columns: columns)
    }
    let normed = normed(hidden, try weight(.inputNorm), count: count)
    let attended = Textbook.causalAttention(
      q: rotated(try product(normed, .q), heads: text.heads, count: count), n: count,
      heads: text.heads,
      keys: byHead(rotated(try product(normed, .k), heads: text.kvHeads, count: count), count),
      values: byHead(try product(normed, .v), count), kvHeads: text.kvHeads, capacity: count,
      length: count, headDim: text.headDim, window: 1)
    add(try product(attended.output.map(Double.init), .o), to: &hidden)
    let second = self.normed(hidden, try weight(.postNorm), count: count)
    let gated = zip(try product(second, .gate), try product(second, .up)).map { gate, up in
      Double(gate) / (1 + exp(-Double(gate))) * Double(up)
    }
    add(try product(gated, .down), to: &hidden)
    return attended.windowSums
  }

  private func add(_ values: [Float], to hidden: inout [Double]) {
    for (index, value) in values.enumerated() { hidden[index] += Double(value) }
  }

  private func normed(_ rows: [Double], _ weight: [Float], count: Int) -> [Double] {
    let width = text.width
    return (0..<count).flatMap { row -> [Double] in
      let values = rows[row * width..<(row + 1) * width]
      let square = values.reduce(0) { $0 + $1 * $1 } / Double(width)
      let scale = 1 / (square + Double(text.epsilon)).squareRoot()
      return zip(values, weight).map { $0 * scale * Double($1) }
    }
  }

  /// Rotary embedding of `[count, heads, headDim]`: element i turns with element i + headDim / 2.
  private func rotated(_ rows: [Float], heads: Int, count: Int) -> [Float] {
    let (size, half) = (text.headDim, text.headDim / 2)
    var rotated = rows
    for position in 0..<count {
      for head in 0..<heads {
        let base = (position * heads + head) * size
        for i in 0..<half {
          let angle = Double(position) * pow(10000, -2 * Double(i) / Double(size))
          let (a, b) = (Double(rows[base + i]), Double(rows[base + i + half]))
          rotated[base + i] = Float(a * cos(angle) - b * sin(angle))
          rotated[base + i + half] = Float(b * cos(angle) + a * sin(angle))
        }
      }
    }
    return rotated
  }

  /// `[count, kvHeads, headDim]` as `[kvHeads, count, headDim]`.
  private func byHead(_ rows: [Float], _ count: Int) -> [Float] {
    let size = text.headDim
    return (0..<text.kvHeads).flatMap { head in
      (0..<count).flatMap { row -> ArraySlice<Float> in
        let start = (row * text.kvHeads + head) * size
        return rows[start..<start + size]
      }
    }
  }
}
