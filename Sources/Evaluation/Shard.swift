import Foundation

/// One part of a run that is split over processes: every `count`-th sample, beginning with the
/// `index`-th, both from 1.
public struct Shard: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The part's number, in `1...count`.
  public let index: Int
  /// The number of parts, from 1 to `most`.
  public let count: Int

  /// More parts than any cluster runs; each has a file of its own, which is looked for.
  public static let most = 100_000

  /// The only part of a run that is not split.
  public static let whole = Shard(unchecked: 1, of: 1)

  private init(unchecked index: Int, of count: Int) {
    self.index = index
    self.count = count
  }

  /// One of `count` parts.
  ///
  /// - Throws: `ShardError.outOfRange`.
  public init(_ index: Int, of count: Int) throws(ShardError) {
    guard count >= 1, (1...count).contains(index) else { throw .outOfRange("\(index)/\(count)") }
    guard count <= Self.most else { throw .tooMany(count) }
    self.init(unchecked: index, of: count)
  }

  /// Reads "2/4", the second of four.
  ///
  /// - Throws: `ShardError`.
  public init(parsing text: String) throws(ShardError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else {
      throw .unreadable(text)
    }
    try self.init(index, of: count)
  }

  /// - Throws: `DecodingError`, and `ShardError.outOfRange` for impossible numbers.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      container.decode(Int.self, forKey: .index), of: container.decode(Int.self, forKey: .count))
  }

  /// Whether a sample belongs to this part. Samples are dealt in turn, so that parts of a sorted
  /// data set take about the same time.
  public func owns(sample index: Int) -> Bool { index % count == self.index - 1 }

  /// "2/4"
  public var description: String { "\(index)/\(count)" }

  /// The path of this part's result file: `a.jsonl`, or `a.2-of-4.jsonl` for one of several.
  public func path(of path: String) -> String {
    guard count > 1 else { return path }
    let stem = path.hasSuffix(".jsonl") ? String(path.dropLast(6)) : path
    return "\(stem).\(index)-of-\(count).jsonl"
  }

  /// The part for which `mpirun` (Open MPI, MPICH), a Slurm array or `srun` started this process;
  /// nil when it was started alone.
  ///
  /// - Throws: `ShardError` for numbers that contradict each other, and for a variable that is no number:
  ///   every process would run the whole set.
  public static func inEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ShardError) -> Shard? {
    func number(_ name: String) throws(ShardError) -> Int? {
      guard let text = environment[name] else { return nil }
      guard let number = Int(text) else { throw .noNumber(variable: name, text: text) }
      return number
    }
    if let task = try number("SLURM_ARRAY_TASK_ID"),
      let count = try number("SLURM_ARRAY_TASK_COUNT")
    {
      let first = try number("SLURM_ARRAY_TASK_MIN") ?? 0
      let step = max(try number("SLURM_ARRAY_TASK_STEP") ?? 1, 1)
      let (offset, overflows) = task.subtractingReportingOverflow(first)
      guard !overflows, (0..<count).contains(offset / step) else {
        throw .outOfRange("\(task) of the Slurm array of \(count) tasks from \(first)")
      }
      return try Shard(offset / step + 1, of: count)
    }
    for (rankName, sizeName) in [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
      ("SLURM_PROCID", "SLURM_NTASKS"),
    ] {
      if let rank = try number(rankName), let size = try number(sizeName), size > 1 {
        guard (0..<size).contains(rank) else {
          throw .outOfRange("\(rankName)=\(rank) of \(sizeName)=\(size)")
        }
        return try Shard(rank + 1, of: size)
      }
    }
    return nil
  }
}

/// Why a part of a run was refused.
public enum ShardError: Error, Equatable, CustomStringConvertible {
  /// Text that is not two numbers with a slash between them.
  case unreadable(String)
  /// A part that does not exist, such as the fifth of four.
  case outOfRange(String)
  /// More than `Shard.most` parts.
  case tooMany(Int)
  /// A variable of a launcher that is no whole number.
  case noNumber(variable: String, text: String)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let text):
      "Shard '\(text)' is not understood. Write 2/4 for the second of four."
    case .outOfRange(let text):
      "Shard '\(text)' does not exist. The first number goes from 1 to the second: 1/4 to 4/4."
    case .tooMany(let count):
      "\(count) shards are too many; up to \(Shard.most) are possible."
    case .noNumber(let variable, let text):
      "\(variable) is '\(text)', but it must be a whole number. --shard 1/1 runs the whole set."
    }
  }
}
