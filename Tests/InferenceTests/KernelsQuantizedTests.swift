import TestSupport
import Testing

@testable import Inference

/// A tensor of blocks whose scales are small halves: of random bytes, or of one byte.
func randomTensor(
  _ type: ElementType, rows: Int, columns: Int, numbers: inout SeededNumbers,
  rowOrder: RowOrder? = nil, byte: UInt8? = nil
) -> Tensor {
  let memory = OwnedBytes(count: type.bytes(count: rows * columns)!)
  for block in stride(from: 0, to: memory.buffer.count, by: type.blockBytes) {
    for i in 0..<type.blockBytes {
      memory.buffer[block + i] = byte ?? UInt8(truncatingIfNeeded: Int(numbers.next() * 1000))
    }
    for offset in type.scaleOffsets {
      memory.buffer.storeBytes(
        of: Float16(numbers.next() / 100).bitPattern, toByteOffset: block + offset, as: UInt16.self)
    }
  }
  return Tensor(
    name: "random", shape: [rows, columns], type: type,
    bytes: UnsafeRawBufferPointer(memory.buffer), owner: memory, rowOrder: rowOrder)
}

/// x with every 32 columns rounded to 255 levels, as the integer kernels see it.
private func roundedInputs(_ x: [Float]) -> [Double] {
  stride(from: 0, to: x.count, by: 32).flatMap { block in
    let values = x[block..<block + 32]
    let largest = values.map(abs).max()!
    return values.map { value -> Double in
      guard largest > 0 else { return 0 }
      return Double((value * (127 / largest)).rounded(.toNearestOrEven)) * Double(largest / 127)
    }
  }
}

/// x rounded to bf16, as tile registers see it.
private func tileInputs(_ x: [Float]) -> [Double] {
  x.map { value in
    let bits = value.bitPattern
    return Double(Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
  }
}

/// w as tile registers see it: in f16, 64 times larger, then with 8 bits of significand.
private func tileWeights(_ w: [Float]) -> [Float] {
  w.map { Float(Float16(bitPattern: (Float16($0 * 64).bitPattern + 4) & 0xfff8)) / 64 }
}

@Suite struct KernelsQuantizedTests {
  static let integerTypes = ElementType.allCases.filter(\.isInteger)

  private func multiply(_ matrix: PackedMatrix, _ x: [Float], m: Int, pool: ThreadPool) -> [Float] {
    [Float](unsafeUninitializedCapacity: m * matrix.rows) { y, count in
      matrix.multiply(x, count: m, into: y.baseAddress!, pool: pool)
      count = m * matrix.rows
    }
  }

  /// Products of the rounded inputs with de-quantised weights, in double precision.
  private func expected(_ x: [Float], _ w: [Float], m: Int, rows: Int, columns: Int) -> [Float] {
    Textbook.product(roundedInputs(x), w, m: m, rows: rows, columns: columns)
  }

  @Test(arguments: integerTypes)
  func storedBlocksMultiplyLikeTheirValues(type: ElementType) throws {
    var numbers = SeededNumbers(11)
    for (rows, columns) in [(1, 256), (33, 512), (70, 1280)] {
      let tensor = randomTensor(
        type, rows: rows, columns: columns, numbers: &numbers)
      let w = try tensor.floats()
      let x = numbers.floats(67 * columns)
      let inBytes = expected(x, w, m: 67, rows: rows, columns: columns)
      let inTiles = Textbook.product(
        tileInputs(x), tileWeights(w), m: 67, rows: rows, columns: columns)
      let scale = inBytes.map(abs).max()!
      // The scales of the K types are themselves products in f16.
      let tileTolerance: Float = type.blockSize == 256 ? 2e-3 : 1e-5
      for pool in kernelPools {
        let matrix = try PackedMatrix(tensor, pool: pool)
        #expect(matrix.type == type)
        for m in [1, 2, 7, 30, 67] {
          let isTiled = pool.instructions == .amx && m >= 12
          let y = multiply(matrix, Array(x.prefix(m * columns)), m: m, pool: pool)
          let reference = (isTiled ? inTiles : inBytes).prefix(m * rows)
          let difference = largestDifference(y, Array(reference))
          let tolerance = isTiled ? tileTolerance : 1e-5
          #expect(difference < tolerance * scale, "m \(m), \(pool.instructions)")
        }
      }
    }
  }

  /// The largest numbers of every sign: sums that kernels keep in 16 bits must hold them.
  @Test(arguments: integerTypes)
  func extremeNumbersDoNotOverflow(type: ElementType) throws {
    var numbers = SeededNumbers(20)
    let (rows, columns, m) = (33, 512, 9)
    let x = (0..<m * columns).map { Float($0 / columns % 2 == 0 ? 1 : -1) }
    for byte: UInt8 in [0x00, 0x7f, 0x80, 0xff] {
      let tensor = randomTensor(
        type, rows: rows, columns: columns, numbers: &numbers, byte: byte)
      let reference = expected(x, try tensor.floats(), m: m, rows: rows, columns: columns)
      let scale = reference.map(abs).max()!
      for pool in kernelPools {
        let y = multiply(try PackedMatrix(tensor, pool: pool), x, m: m, pool: pool)
        #expect(
          largestDifference(y, reference) <= 1e-5 * scale, "bytes of \(byte), \(pool.instructions)")
      }
    }
  }

  @Test(.enabled(if: InstructionSet.available.contains(.amx), "no tile registers"))
  func tilesAreFinerThanBytes() throws {
    var numbers = SeededNumbers(18)
    let (rows, columns, m) = (64, 1024, 16)
    let x = numbers.floats(m * columns)
    for type in Self.integerTypes {
      let tensor = randomTensor(
        type, rows: rows, columns: columns, numbers: &numbers)
      let exact = Textbook.product(
        x.map(Double.init), try tensor.floats(), m: m, rows: rows, columns: columns)
      let differences = try [InstructionSet.amx, .avx512].map { set in
        let pool = try ThreadPool(threads: 1, instructions: set)
        let matrix = try PackedMatrix(tensor, pool: pool)
        return zip(multiply(matrix, x, m: m, pool: pool), exact).reduce(Float(0)) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
      }
      #expect(differences[0] < differences[1] / 2, "\(type)")
    }
  }

  @Test(arguments: [32, 96, 160])
  func blocksOf32NeedNoWholeGroup(columns: Int) throws {
    var numbers = SeededNumbers(12)
    let w = numbers.floats(40 * columns)
    let x = numbers.floats(9 * columns)
    for type in [ElementType.q8_0, .q4_0] {
      for pool in kernelPools {
        let matrix = try PackedMatrix(
          rows: 40, columns: columns, floats: w, as: type, pool: pool)
        let y = multiply(matrix, x, m: 9, pool: pool)
        let step: Float = type == .q8_0 ? 1 / 127 : 1 / 8
        let reference = expected(x, w, m: 9, rows: 40, columns: columns)
        // Rounding errors of half a step add up like a random walk.
        #expect(largestDifference(y, reference) < step * Float(columns).squareRoot())
      }
    }
  }

  @Test(arguments: integerTypes)
  func aRowDependsNeitherOnItsNeighboursNorOnThreads(type: ElementType) throws {
    var numbers = SeededNumbers(13)
    let (rows, columns, m) = (70, 1024, 15)
    let tensor = randomTensor(
      type, rows: rows, columns: columns, numbers: &numbers)
    let x = numbers.floats(m * columns)
    for set in InstructionSet.available {
      let pools = try [1, 2, 5].map { try ThreadPool(threads: $0, instructions: set) }
      let matrix = try PackedMatrix(tensor, pool: pools[0])
      let together = multiply(matrix, x, m: m, pool: pools[0])
      for pool in pools {
        #expect(multiply(matrix, x, m: m, pool: pool) == together)
        // Tile registers begin at 12 rows.
        let fewer = multiply(matrix, Array(x.prefix(12 * columns)), m: 12, pool: pool)
        #expect(fewer == Array(together.prefix(12 * rows)), "\(set)")
        let few = multiply(matrix, Array(x.prefix(11 * columns)), m: 11, pool: pool)
        let single = (0..<11).flatMap { row in
          multiply(matrix, Array(x[row * columns..<(row + 1) * columns]), m: 1, pool: pool)
        }
        #expect(single == few, "\(set)")
      }
    }
  }

  @Test(arguments: [
    [ElementType.q4_0, .q4_0, .q4_0], [.q4_k, ElementType(rawValue: "q6_k")!, .f16], [.f32, .f32],
  ])
  func productsTogetherEqualProductsAlone(types: [ElementType]) throws {
    var numbers = SeededNumbers(17)
    let columns = 512
    let pool = try ThreadPool(threads: 3)
    let matrices = try types.enumerated().map { index, type in
      let rows = 33 + 40 * index
      guard type.blockSize == 256 else {
        return try PackedMatrix(
          rows: rows, columns: columns, floats: numbers.floats(rows * columns), as: type, pool: pool
        )
      }
      return try PackedMatrix(
        randomTensor(
          type, rows: rows, columns: columns, numbers: &numbers),
        pool: pool)
    }
    for m in [1, 7, 45] {
      let x = numbers.floats(m * columns)
      let outputs = matrices.map { FloatBuffer(count: m * $0.rows) }
      PackedMatrix.multiply(
        count: m, by: zip(matrices, outputs).map { ($0, $1.pointer) }, pool: pool
      ) { rows, target in
        for (i, value) in x[rows.lowerBound * columns..<rows.upperBound * columns].enumerated() {
          target[i] = value
        }
      }
      for (matrix, output) in zip(matrices, outputs) {
        #expect(output.array() == multiply(matrix, x, m: m, pool: pool))
      }
    }
  }

  @Test(arguments: ElementType.allCases.filter { $0.blockSize > 1 && $0.layout == nil })
  func rareTypesBecomeEightBits(type: ElementType) throws {
    var numbers = SeededNumbers(14)
    let tensor = randomTensor(type, rows: 33, columns: 512, numbers: &numbers)
    let (w, x) = (try tensor.floats(), numbers.floats(512))
    let pool = kernelPools[0]
    let matrix = try PackedMatrix(tensor, pool: pool)
    #expect(matrix.type == .q8_0)
    let reference = expected(x, w, m: 1, rows: 33, columns: 512)
    let scale = reference.map(abs).max()!
    #expect(largestDifference(multiply(matrix, x, m: 1, pool: pool), reference) < 0.02 * scale)
  }

  @Test func rowsAreTakenInTheModelsOrder() throws {
    var numbers = SeededNumbers(15)
    let order = RowOrder.interleavedPairs(headDim: 16)
    let pool = kernelPools[0]
    for type in [ElementType.q8_0, .f16] {
      let tensor = randomTensor(type, rows: 48, columns: 64, numbers: &numbers, rowOrder: order)
      if type == .f16 {
        let halves = numbers.floats(48 * 64).map { Float16($0) }
        halves.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(mutating: tensor.bytes).copyMemory(from: $0)
        }
      }
      let x = numbers.floats(64)
      let rows = try PackedMatrix(tensor, pool: pool)
      let floats = try PackedMatrix(
        rows: 48, columns: 64, floats: tensor.floats(), as: .f32, pool: pool)
      let difference = largestDifference(
        multiply(rows, x, m: 1, pool: pool), multiply(floats, x, m: 1, pool: pool))
      // Inputs are rounded to 255 levels; a row in the wrong place differs by more than 1.
      #expect(difference < 0.04)
    }
  }

  @Test func columnsThatDoNotFillBlocksAreRefused() {
    #expect(
      throws: KernelError.unsupportedColumns(
        name: "of floats", columns: 40, type: "q4_0", block: 32)
    ) {
      try PackedMatrix(
        rows: 1, columns: 40, floats: [Float](repeating: 0, count: 40), as: .q4_0,
        pool: kernelPools[0])
    }
    #expect(ElementType.q4_0.fitting(columns: 40) == .f16)
    #expect(ElementType.q4_0.fitting(columns: 64) == .q4_0)
  }
}

/// Weights that are infinite or NaN are found while they are packed.
@Suite struct KernelsFiniteTests {
  @Test(arguments: ElementType.allCases.filter(\.isWeightType), [Float.infinity, -.infinity, .nan])
  func matricesThatAreNotFiniteAreRefused(type: ElementType, value: Float) throws {
    var numbers = SeededNumbers(19)
    let (rows, columns) = (40, 256)
    let pool = kernelPools[0]
    for row in [0, 39] {
      let tensor = randomTensor(type, rows: rows, columns: columns, numbers: &numbers)
      let bytes = UnsafeMutableRawBufferPointer(mutating: tensor.bytes)
      makeFinite(bytes, type)
      #expect(throws: Never.self) { try PackedMatrix(tensor, pool: pool) }
      let rowBytes = bytes.count / rows
      for target in [nil, ElementType.q8_0, .f16] {
        let offset = row * rowBytes + (type.scaleOffsets.last ?? rowBytes - type.blockBytes)
        let saved = Array(bytes[offset..<offset + (type.blockSize == 1 ? type.blockBytes : 2)])
        put(value, type, bytes, offset)
        #expect(throws: KernelError.notFinite(name: "random"), "\(type) as \(target ?? type)") {
          try PackedMatrix(tensor, as: target, pool: pool)
        }
        for (i, byte) in saved.enumerated() { bytes[offset + i] = byte }
      }
    }
  }

  @Test func floatsThatAreNotFiniteAreRefused() {
    var floats = [Float](repeating: 1, count: 33 * 32)
    floats[32 * 32 + 31] = .nan
    for type in ElementType.targets where type.blockSize <= 32 {
      #expect(throws: KernelError.notFinite(name: "of floats")) {
        try PackedMatrix(rows: 33, columns: 32, floats: floats, as: type, pool: kernelPools[0])
      }
    }
  }

  /// Random bytes of floats may be anything; these are small numbers.
  private func makeFinite(_ bytes: UnsafeMutableRawBufferPointer, _ type: ElementType) {
    guard type.blockSize == 1 else { return }
    let floats = (0..<bytes.count / type.blockBytes).map { Float($0 % 17) / 16 }
    if type == .f64 {
      for (i, value) in floats.enumerated() {
        bytes.storeBytes(of: Double(value), toByteOffset: 8 * i, as: Double.self)
      }
    } else {
      type.encode(floats, count: floats.count, into: bytes.baseAddress!)
    }
  }

  /// A value that is not finite, in place of an element or of a block's factor.
  private func put(
    _ value: Float, _ type: ElementType, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int
  ) {
    if type == .f64 {
      bytes.storeBytes(of: Double(value), toByteOffset: offset, as: Double.self)
    } else {
      let stored = type.blockSize == 1 ? type : .f16
      var element = [UInt8](repeating: 0, count: stored.blockBytes)
      stored.encode([value], count: 1, into: &element)
      for (i, byte) in element.enumerated() { bytes[offset + i] = byte }
    }
  }
}
