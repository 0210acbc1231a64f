import CKernels

/// Rows of a product's input that are multiplied together, in the form that their kernel reads.
struct PreparedInputs {
  let isa: ck_isa
  let layout: ck_layout
  let columns: Int
  /// Which of the input's rows they are.
  let rows: Range<Int>
  /// `ck_input_bytes`
  let memory: UnsafeMutableRawPointer

  /// The groups in which rows of an input are multiplied: one where that is the same to those that are to
  /// be apart, and else these alone before the others. The memory is the calling thread's until it
  /// asks for other groups.
  ///
  /// - Parameters:
  ///   - m: at least 1.
  ///   - apart: how many of the first rows get the bits that they would get without the others.
  static func groups(
    of m: Int, apart: Int, isa: ck_isa, layout: ck_layout, columns: Int
  ) -> [PreparedInputs] {
    let isOne = apart == 0 || apart >= m || ck_rounds_alike(isa, layout, apart, m) == 1
    let rows = isOne ? [0..<m] : [0..<apart, apart..<m]
    // Each group begins on a cache line.
    let bytes = rows.map { (ck_input_bytes(isa, layout, $0.count, columns) + 63) & ~63 }
    guard let memory = ck_scratch(CK_SCRATCH_INPUTS, bytes.reduce(0, +)) else {
      preconditionFailure("no memory is left for a matrix product")
    }
    return rows.indices.map { index in
      PreparedInputs(
        isa: isa, layout: layout, columns: columns, rows: rows[index],
        memory: memory + bytes[..<index].reduce(0, +))
    }
  }

  /// Divides the rows among threads as they can be prepared.
  func forEachShare(_ pool: ThreadPool, _ body: (_ rows: Range<Int>) -> Void) {
    pool.parallel(count: rows.count, grain: ck_input_rows(isa, layout, rows.count)) {
      body(rows.lowerBound + $0.lowerBound..<rows.lowerBound + $0.upperBound)
    }
  }

  /// Prepares some of the rows.
  ///
  /// - Parameter x: these rows alone, `[chosen, columns]`
  func prepare(_ chosen: Range<Int>, from x: UnsafePointer<Float>) {
    ck_prepare_inputs(
      isa, layout, x, rows.count, columns, chosen.lowerBound - rows.lowerBound,
      chosen.upperBound - rows.lowerBound, memory)
  }

  /// Prepares some of the rows, which `fill` writes a few at a time.
  func prepare(
    _ chosen: Range<Int>, writtenBy fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let together = ck_input_rows(isa, layout, rows.count)
    guard let memory = ck_scratch(CK_SCRATCH_ROWS, together * columns * 4) else {
      preconditionFailure("no memory is left for a matrix product")
    }
    let x = memory.assumingMemoryBound(to: Float.self)
    for first in stride(from: chosen.lowerBound, to: chosen.upperBound, by: together) {
      let some = first..<min(chosen.upperBound, first + together)
      fill(some, x)
      prepare(some, from: x)
    }
  }
}
