import Basics
/// One measured figure beside what the machine allows.
public struct BenchFigure: Sendable, Codable {
  /// For example "decode".
  public let stage: String
  /// For example "depth 2048, budget 20 %".
  public let setting: String
  /// As measured, in `unit`.
  public let value: Double
  /// "tok/s", "s", "ms", "MiB", "%" or "x" (times).
  public let unit: String
  /// The figure that measured bandwidth or arithmetic would allow, or the least memory that is needed;
  /// nil where there is no such limit.
  public let bound: Double?
  /// What sets the bound: "read bandwidth", "int8 products", "f32 multiply-add", "bf16 tiles"
  /// or "weights and full cache".
  public let limit: String?

  /// How near the bound, in (0, 1] when the bound is right; smaller is worse for rates and times.
  public var fraction: Double? {
    guard let bound, bound > 0, value > 0 else { return nil }
    return unit.hasSuffix("/s") ? value / bound : bound / value
  }
}

/// What one run of the bench found.
public struct BenchReport: Sendable, Codable {
  /// Cache and process memory at one budget.
  public struct Memory: Sendable, Codable {
    /// Kept share.
    public let budget: Double
    /// Positions seen.
    public let depth: Int
    /// Bytes of the retained entries.
    public let bytesKept: Int
    /// Bytes of the same positions when nothing is evicted.
    public let bytesFull: Int
    /// Bytes that the cache has mapped.
    public let bytesResident: Int
    /// Decode speed there.
    public let tokensPerSecond: Double
    /// Tokens per second that the read bandwidth beside it allows.
    public let bound: Double
    /// The process's resident set; nil where the system does not tell.
    public let processBytes: Int?
  }

  /// How a model came from its files into memory.
  public struct Load: Sendable, Codable {
    /// Wall time from opening the files to the first possible question.
    public let seconds: Double
    /// All weights as they are held.
    public let weightBytes: Int
    /// The process's largest resident set while loading; nil where the system does not tell.
    public let peakBytes: Int?

    /// Loads and measures. The peak is the process's own, so nothing large may come before.
    public static func measure(_ load: () throws -> LlavaModel) rethrows -> (LlavaModel, Load) {
      let start = ContinuousClock.now
      let model = try load()
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      return (
        model,
        Load(
          seconds: seconds, weightBytes: model.weightBytes,
          peakBytes: ProcessMemory.measured()?.peak)
      )
    }
  }

  /// As shown to users.
  public let model: String
  /// For example "Q4_0".
  public let weightType: String
  /// All weights as they are held.
  public let weightBytes: Int
  /// How the cache stores its entries.
  public let cachePrecision: String
  /// What the cache kept.
  public let policy: String
  /// nil for a synthetic model, which has no files.
  public let load: Load?
  /// What the machine can do.
  public let limits: MachineLimits
  /// Speed, stage by stage.
  public internal(set) var figures: [BenchFigure] = []
  /// Memory at each budget.
  public internal(set) var memory: [Memory] = []
}

extension BenchReport {
  /// The whole report for people: limits, loading, figures, memory.
  public var text: String {
    let heading = DisplayText.oneLine(
      "\(model), \(weightType), \(policy), \(limits.threads) threads")
    let tables = [table] + (memory.isEmpty ? [] : [memoryTable])
    return ([heading, limitsSentence] + [loadSentence].compactMap(\.self) + tables.map(\.text))
      .map { $0 + "\n" }.joined()
  }

  /// "loaded in 2.1 s: 3.7 GiB of weights, at most 3.9 GiB resident (1.05 x)"; nil without files.
  public var loadSentence: String? {
    guard let load else { return nil }
    let peak = load.peakBytes.map {
      ", at most \(Format.bytes($0)) resident (\(Format.digits(Double($0) / Double(load.weightBytes), 3)) x)"
    }
    return
      "loaded in \(Format.digits(load.seconds, 3)) s: \(Format.bytes(load.weightBytes)) of weights"
      + (peak ?? "")
  }

  /// What arithmetic and memory were able to do before the figures were measured.
  public var limitsSentence: String {
    func giga(_ rate: Double) -> String { Format.digits(rate / 1e9, 3) }
    let tiles =
      limits.tileOperations > 0 ? ", bf16 tiles \(giga(limits.tileOperations)) GFLOP/s" : ""
    return "\(limits.instructions): int8 products \(giga(limits.byteOperations)) GOP/s, "
      + "f32 \(giga(limits.floatOperations)) GFLOP/s\(tiles), memory \(giga(limits.readBandwidth)) GB/s"
  }

  /// The figures beside their bounds.
  public var table: Table {
    var table = Table(headings: ["stage", "setting", "measured", "bound", "of bound", "limited by"])
    for figure in figures {
      table.rows.append([
        figure.stage, figure.setting, "\(Format.digits(figure.value, 3)) \(figure.unit)",
        figure.bound.map { "\(Format.digits($0, 3)) \(figure.unit)" } ?? "-",
        figure.fraction.map(Format.percent) ?? "-", figure.limit ?? "-",
      ])
    }
    return table
  }

  /// Memory and speed at each budget.
  public var memoryTable: Table {
    var table = Table(headings: [
      "budget", "depth", "kept", "of full", "resident", "process", "decode", "of bound",
    ])
    for row in memory {
      table.rows.append([
        Format.percent(row.budget), "\(row.depth)", Format.bytes(row.bytesKept),
        Format.percent(Double(row.bytesKept) / Double(row.bytesFull)),
        Format.bytes(row.bytesResident), row.processBytes.map(Format.bytes) ?? "-",
        "\(Format.digits(row.tokensPerSecond, 3)) tok/s",
        Format.percent(row.tokensPerSecond / row.bound),
      ])
    }
    return table
  }
}
