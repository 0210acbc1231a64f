/// How one call's products are divided among threads: into tasks of about the same work. It follows
/// from sizes alone.
///
/// A unit of work is a band of a matrix by a block of inputs. With few inputs there is one block, and
/// a thread reads its own share of every matrix: the same bands that it packed (`PackedMatrix`), whose
/// pages are in its part of the memory on machines with several. With many inputs arithmetic takes
/// longer than reading, and the blocks of inputs follow each other.
struct WorkDivision {
  /// `[products]`: bands of each matrix.
  let bands: [Int]
  /// Rows of the input.
  let inputs: Int
  /// Blocks that the rows are cut into.
  let blocks: Int
  /// Tasks in all; thread t's own are those of `ThreadPool.span`.
  let tasks: Int
  private let threads: Int
  private let unit: Int
  private let bandsOfAll: Int

  /// The largest share of a thread, in means, that is not worth another cut of the inputs, which
  /// costs reading and unpacking all weights once more.
  static let allowedShare = 1.05

  /// - Parameters:
  ///   - block: the most rows of a block, and the number whose multiples it may begin at.
  ///   - together: the most bands of a task, so that they share inputs; 1: tasks may have any number.
  init(
    bands: [Int], inputs: Int, block: (most: Int, unit: Int), together: Int, threads: Int
  ) {
    self.bands = bands
    self.inputs = inputs
    self.threads = threads
    unit = block.unit
    bandsOfAll = bands.reduce(0, +)
    blocks = Self.blocks(of: inputs, bands: bandsOfAll, block: block, threads: threads)
    let units = bandsOfAll * blocks
    guard threads > 1 || together > 1 else {
      tasks = min(units, 1)
      return
    }
    // Tasks are small, so that cores of unequal speed finish together, and as many for each thread.
    let size = max(1, min(together, units / (threads * 8)))
    let least = together > 1 ? (units + size - 1) / size : threads * 32
    tasks = min(units, (least + threads - 1) / threads * threads)
  }

  // MARK: Blocks

  /// The least number of blocks that divides the work evenly enough, or most evenly.
  private static func blocks(
    of inputs: Int, bands: Int, block: (most: Int, unit: Int), threads: Int
  ) -> Int {
    let least = (inputs + block.most - 1) / block.most
    // Every block begins and ends with a whole unit, so that none has a single row.
    let most = max(least, inputs / (2 * block.unit))
    var best = (blocks: least, share: Double.infinity)
    for blocks in least...most {
      let share = largestShare(
        of: inputs, blocks: blocks, bands: bands, unit: block.unit, threads: threads)
      if share < best.share { best = (blocks, share) }
      if share <= allowedShare { break }
    }
    return best.blocks
  }

  /// The largest work of a thread that takes its own tasks only, in means.
  private static func largestShare(
    of inputs: Int, blocks: Int, bands: Int, unit: Int, threads: Int
  ) -> Double {
    func work(before share: Int) -> Int {
      let (block, band) = (bands * blocks * share / threads).quotientAndRemainder(dividingBy: bands)
      let rows = Self.rows(block, of: blocks, inputs: inputs, unit: unit)
      return bands * rows.lowerBound + band * rows.count
    }
    let largest = (0..<threads).map { work(before: $0 + 1) - work(before: $0) }.max() ?? 0
    return Double(largest * threads) / Double(bands * inputs)
  }

  private static func rows(_ block: Int, of blocks: Int, inputs: Int, unit: Int) -> Range<Int> {
    let units = (inputs + unit - 1) / unit
    func first(_ block: Int) -> Int { min(inputs, units * block / blocks * unit) }
    return first(block)..<first(block + 1)
  }

  // MARK: Tasks

  /// Calls `body` with the parts of a task: some bands of one matrix by some rows of the input.
  func forEachPiece(of task: Int, _ body: (_ product: Int, _ bands: Range<Int>, Range<Int>) -> Void)
  {
    let units = bandsOfAll * blocks
    var chosen = units * task / tasks..<units * (task + 1) / tasks
    while !chosen.isEmpty {
      let block = chosen.lowerBound / bandsOfAll
      let rows = Self.rows(block, of: blocks, inputs: inputs, unit: unit)
      let own = chosen.clamped(to: block * bandsOfAll..<(block + 1) * bandsOfAll)
      let inBlock = own.lowerBound - block * bandsOfAll..<own.upperBound - block * bandsOfAll
      forEachRun(of: inBlock) { body($0, $1, rows) }
      chosen = own.upperBound..<chosen.upperBound
    }
  }

  /// Calls `body` with neighbouring bands of one matrix each. With one block of inputs, the first
  /// thread's bands of every matrix come first, then the next one's.
  private func forEachRun(of chosen: Range<Int>, _ body: (_ product: Int, Range<Int>) -> Void) {
    let shares = blocks == 1 ? threads : 1
    func first(_ product: Int, _ share: Int) -> Int { bands[product] * share / shares }
    var share = chosen.lowerBound * shares / bandsOfAll
    var before = bands.indices.reduce(0) { $0 + first($1, share) }
    while before < chosen.upperBound {
      for product in bands.indices {
        let own = first(product, share)..<first(product, share + 1)
        let run = (before..<before + own.count).clamped(to: chosen)
        if !run.isEmpty {
          let start = own.lowerBound - before
          body(product, run.lowerBound + start..<run.upperBound + start)
        }
        before += own.count
      }
      share += 1
    }
  }
}
