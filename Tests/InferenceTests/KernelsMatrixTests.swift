import TestSupport
import Testing

@testable import Inference

@Suite struct KernelsMatrixTests {
  private func multiply(_ matrix: PackedMatrix, _ x: [Float], m: Int, pool: ThreadPool) -> [Float] {
    [Float](unsafeUninitializedCapacity: m * matrix.rows) { y, count in
      matrix.multiply(x, count: m, into: y.baseAddress!, pool: pool)
      count = m * matrix.rows
    }
  }

  @Test(
    arguments: [ElementType.f32, .f16, .bf16],
    [(1, 1), (31, 5), (32, 64), (33, 96), (100, 515), (300, 70)])
  func productsOfOddShapesAreRight(type: ElementType, shape: (rows: Int, columns: Int)) throws {
    var numbers = SeededNumbers(5)
    let (rows, columns) = shape
    // Multiples of 1/64 in [-1, 1] are exact in every float type.
    let w = numbers.floats(rows * columns).map { ($0 * 64).rounded() / 64 }
    let bias = numbers.floats(rows)
    for m in [1, 2, 7, 19, 70] {
      let x = numbers.floats(m * columns)
      let expected = Textbook.product(
        x.map(Double.init), w, bias: bias, m: m, rows: rows, columns: columns)
      for pool in kernelPools {
        let matrix = try PackedMatrix(
          rows: rows, columns: columns, floats: w, as: type, bias: bias, pool: pool)
        let difference = largestDifference(multiply(matrix, x, m: m, pool: pool), expected)
        // In tile registers an input has 16 bits.
        let isTiled = pool.instructions == .amx && type != .f32 && m >= 12
        #expect(
          difference < (isTiled ? 1e-4 : 4e-5),
          "m \(m), \(pool.instructions), \(pool.threads) threads")
      }
    }
  }

  /// Whole and partial tiles, one and many rows, with and without bias.
  @Test(arguments: [ElementType.f32, .f16, .q8_0], [false, true])
  func productsAreAddedToWhatIsThere(type: ElementType, isBiased: Bool) throws {
    var numbers = SeededNumbers(8)
    let (rows, columns) = (70, 96)
    let w = numbers.floats(rows * columns)
    let bias = isBiased ? numbers.floats(rows) : nil
    for m in [1, 7, 26, 45] {
      let (x, before) = (numbers.floats(m * columns), numbers.floats(m * rows))
      for pool in kernelPools {
        let matrix = try PackedMatrix(
          rows: rows, columns: columns, floats: w, as: type, bias: bias, pool: pool)
        let product = multiply(matrix, x, m: m, pool: pool)
        var y = before
        y.withUnsafeMutableBufferPointer {
          matrix.multiply(x, count: m, into: $0.baseAddress!, adding: true, pool: pool)
        }
        let difference = largestDifference(y, zip(before, product).map { $0 + $1 })
        // A sum of 96 terms that starts with what is there rounds otherwise than one that starts at 0.
        #expect(difference < 8e-6, "m \(m), \(pool.instructions), \(pool.threads) threads")
      }
    }
  }

  /// Against the two products and the gate one after the other; with matrices of two types, too.
  @Test(arguments: [
    (ElementType.f32, ElementType.f32), (.f16, .f16), (.q8_0, .q8_0), (.q4_0, .q4_0),
    (.q8_0, .q4_0),
  ])
  func gatedProductsAreThoseOfBothMatrices(types: (gate: ElementType, up: ElementType)) throws {
    var numbers = SeededNumbers(9)
    for (rows, columns) in [(70, 96), (320, 1088)] {
      let (g, u) = (numbers.floats(rows * columns), numbers.floats(rows * columns))
      for m in [1, 7, 26, 75] {
        let x = numbers.floats(m * columns)
        for pool in kernelPools {
          func matrix(_ floats: [Float], _ type: ElementType) throws -> PackedMatrix {
            try PackedMatrix(rows: rows, columns: columns, floats: floats, as: type, pool: pool)
          }
          let (gate, up) = (try matrix(g, types.gate), try matrix(u, types.up))
          var expected = multiply(gate, x, m: m, pool: pool)
          let factors = multiply(up, x, m: m, pool: pool)
          expected.withUnsafeMutableBufferPointer {
            Vector.siluMultiply(
              gate: $0.baseAddress!, up: factors, count: m * rows, into: $0.baseAddress!, pool: pool
            )
          }
          let gated = [Float](unsafeUninitializedCapacity: m * rows) { y, count in
            PackedMatrix.multiplyGated(
              count: m, gate: gate, up: up, into: y.baseAddress!, pool: pool
            ) { chosen, target in
              let values = x[chosen.lowerBound * columns..<chosen.upperBound * columns]
              _ = UnsafeMutableBufferPointer(start: target, count: values.count)
                .initialize(from: values)
            }
            count = m * rows
          }
          let allowed = 1e-6 * expected.reduce(1) { max($0, abs($1)) }
          #expect(
            largestDifference(gated, expected) <= allowed,
            "m \(m), \(rows) rows, \(pool.instructions), \(pool.threads) threads")
        }
      }
    }
  }

  /// Tile registers take many rows in blocks, which threads share out.
  @Test(arguments: [ElementType.f32, .f16, .q8_0, .q4_0])
  func manyRowsAreWhatFewAre(type: ElementType) throws {
    var numbers = SeededNumbers(11)
    let (rows, columns, m) = (100, 608, 700)
    let (w, x) = (numbers.floats(rows * columns), numbers.floats(m * columns))
    // With many threads the rows are cut where the kernels would not.
    let pools = try InstructionSet.available.flatMap { set in
      try [1, 3, 8, 64].map { try ThreadPool(threads: $0, instructions: set) }
    }
    for pool in pools {
      let matrix = try PackedMatrix(
        rows: rows, columns: columns, floats: w, as: type, pool: pool)
      let pieces = stride(from: 0, to: m, by: 100).flatMap { first in
        multiply(
          matrix, Array(x[first * columns..<(first + 100) * columns]), m: 100, pool: pool)
      }
      #expect(
        multiply(matrix, x, m: m, pool: pool) == pieces,
        "\(pool.instructions), \(pool.threads) threads")
    }
  }

  @Test(arguments: [ElementType.f32, .f16, .bf16])
  func aRowDependsNeitherOnItsNeighboursNorOnThreads(type: ElementType) throws {
    var numbers = SeededNumbers(6)
    let (rows, columns, m) = (70, 1088, 21)
    let (w, x) = (numbers.floats(rows * columns), numbers.floats(m * columns))
    for set in InstructionSet.available {
      let pools = try [1, 2, 3, 5, 8, 64].map { try ThreadPool(threads: $0, instructions: set) }
      let matrix = try PackedMatrix(
        rows: rows, columns: columns, floats: w, as: type, pool: pools[0])
      let together = multiply(matrix, x, m: m, pool: pools[0])
      for pool in pools {
        #expect(multiply(matrix, x, m: m, pool: pool) == together)
        // Tile registers begin at 12 rows, OpenBLAS at 16.
        let least = set == .openblas ? 16 : 12
        let fewer = multiply(matrix, Array(x.prefix(least * columns)), m: least, pool: pool)
        #expect(fewer == Array(together.prefix(least * rows)), "\(set)")
        let few = multiply(matrix, Array(x.prefix(11 * columns)), m: 11, pool: pool)
        let single = (0..<11).flatMap { row in
          multiply(matrix, Array(x[row * columns..<(row + 1) * columns]), m: 1, pool: pool)
        }
        #expect(single == few, "\(set)")
      }
    }
  }
}
