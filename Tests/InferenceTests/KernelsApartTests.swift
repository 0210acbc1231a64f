import TestSupport
import Testing

@testable import Inference

/// Products in which the first rows get the bits that they would get without the others.
@Suite struct KernelsApartTests {
  static let types = ElementType.allCases.filter { $0.layout != nil }

  /// What some rows of x are multiplied by, in each of the ways that there are.
  private struct Layer {
    let pool: ThreadPool
    let matrix: PackedMatrix
    let up: PackedMatrix
    let x: [Float]
    let before: [Float]

    /// The products of some rows, one after the other: with a bias and added, of rows that are written,
    /// and gated.
    func products(of chosen: Range<Int>, apart: Int = 0) -> [[Float]] {
      let (m, columns) = (chosen.count, matrix.columns)
      let rows = Array(x[chosen.lowerBound * columns..<chosen.upperBound * columns])
      let fill = { (some: Range<Int>, target: UnsafeMutablePointer<Float>) in
        let values = rows[some.lowerBound * columns..<some.upperBound * columns]
        _ = UnsafeMutableBufferPointer(start: target, count: values.count).initialize(from: values)
      }
      var added = Array(before[chosen.lowerBound * matrix.rows..<chosen.upperBound * matrix.rows])
      var (written, gated) = (added, added)
      added.withUnsafeMutableBufferPointer {
        matrix.multiply(
          rows, count: m, apart: apart, into: $0.baseAddress!, adding: true, pool: pool)
      }
      written.withUnsafeMutableBufferPointer {
        PackedMatrix.multiply(
          count: m, apart: apart, by: [(matrix, $0.baseAddress!)], pool: pool, rows: fill)
      }
      gated.withUnsafeMutableBufferPointer {
        PackedMatrix.multiplyGated(
          count: m, apart: apart, gate: up, up: up, into: $0.baseAddress!, pool: pool, rows: fill)
      }
      return [added, written, gated]
    }
  }

  private func layer(
    _ type: ElementType, rows: Int, columns: Int, m: Int, pool: ThreadPool
  ) throws -> Layer {
    var numbers = SeededNumbers(31)
    func matrix(bias: [Float]? = nil) throws -> PackedMatrix {
      guard type.isInteger else {
        return try PackedMatrix(
          rows: rows, columns: columns, floats: numbers.floats(rows * columns), as: type,
          bias: bias, pool: pool)
      }
      return try PackedMatrix(
        randomTensor(type, rows: rows, columns: columns, numbers: &numbers), bias: bias,
        pool: pool)
    }
    return Layer(
      pool: pool, matrix: try matrix(bias: numbers.floats(rows)), up: try matrix(),
      x: numbers.floats(m * columns), before: numbers.floats(m * rows))
  }

  @Test(arguments: types)
  func rowsApartGetTheBitsThatTheyGetAlone(type: ElementType) throws {
    for pool in kernelPools {
      let (rows, columns, most) = (200, 512, 90)
      let layer = try layer(type, rows: rows, columns: columns, m: most, pool: pool)
      for (apart, m) in [(1, 2), (1, 6), (1, 17), (1, 33), (2, 13), (11, 12), (12, 40), (1, most)] {
        let together = layer.products(of: 0..<m, apart: apart)
        let (first, others) = (layer.products(of: 0..<apart), layer.products(of: apart..<m))
        for (together, (first, others)) in zip(together, zip(first, others)) {
          let setting = "\(pool.instructions), \(apart) of \(m)"
          #expect(Array(together.prefix(apart * rows)) == first, "\(setting)")
          #expect(Array(together.dropFirst(apart * rows)) == others, "\(setting)")
        }
      }
    }
  }

  @Test(.enabled(if: InstructionSet.available.contains(.amx), "no tile registers"))
  func tilesGiveARowOtherBitsUnlessItIsApart() throws {
    let pool = try ThreadPool(threads: 2, instructions: .amx)
    for type in Self.types where type != .f32 {
      let layer = try layer(type, rows: 40, columns: 256, m: 17, pool: pool)
      let alone = layer.products(of: 0..<1)
      for (product, row) in zip(layer.products(of: 0..<17), alone) {
        #expect(Array(product.prefix(40)) != row, "\(type)")
      }
    }
  }
}
