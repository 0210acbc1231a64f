import KVCache

/// One row of the results: a policy at a budget, over all samples.
public struct SummaryRow: Sendable, Equatable {
  /// A number over samples with its 95 % interval; the interval needs two samples.
  public struct Estimate: Sendable, Equatable {
    /// The statistic over all samples.
    public var value: Double
    /// 95 % bootstrap interval; nil for fewer than two samples.
    public var interval: ClosedRange<Double>?
  }

  /// As the run lists it.
  public var policy: String
  /// The type of the cache; nil where none are compared.
  public var kvType: String?
  /// As the run lists it.
  public var budget: BudgetRequest
  /// The budget as a share of the prompts' entries, mean over samples. Where types are compared, a share
  /// of bytes stays what it is.
  public var share: Double
  /// The kind of the samples; nil for all kinds together.
  public var kind: String?
  /// Samples that the numbers are over.
  public var samples: Int
  /// Scored answer tokens of all of them.
  public var tokens: Int
  /// Perplexity over all tokens; nil where no answer was scored.
  public var perplexity: Estimate?
  /// Mean `f` of the Python package's ROUGE-L, in [0, 1]; nil where nothing was answered.
  public var rouge: Estimate?
  /// Mean `f` of the usual ROUGE-L, in [0, 1].
  public var rougeL: Estimate?
  /// Share of answers that match exactly, in [0, 1].
  public var exactMatch: Estimate?
  /// Share of the things named in answers that are not in their pictures, in [0, 1]; nil where the data
  /// does not say what the pictures show.
  public var hallucinated: Estimate?
  /// Share of the things in the pictures that their answers name, in [0, 1].
  public var covered: Estimate?
  /// Pairs that the `rouge` package refuses; they count as 0.
  public var rougeErrors: Int
  /// Mean bytes of the retained entries after the prompt.
  public var cacheBytes: Double
  /// Mean bytes of the prompts' entries without eviction.
  public var fullBytes: Double
  /// Mean seconds spent on a record, without the prefill.
  public var seconds: Double
}

extension SummaryRow {
  /// - Parameter records: In sample order, so that sums have the same bits however they were made.
  init(
    _ line: RunDescription.Line, _ budget: BudgetRequest, _ kind: String?,
    _ records: [EvaluationRecord]
  ) {
    policy = line.policy
    kvType = line.kvType
    self.budget = budget
    share =
      if case .share(let share) = budget { share } else {
        Statistics.mean(records.map(\.budgetShare)) ?? 1
      }
    self.kind = kind
    samples = records.count
    let losses = records.compactMap(\.loss)
    tokens = losses.reduce(0) { $0 + $1.tokens }
    perplexity = Statistics.perplexity(losses).map { value in
      Estimate(
        value: value, interval: Statistics.interval(of: losses, statistic: Statistics.perplexity))
    }
    func mean(_ values: [Double]) -> Estimate? {
      Statistics.mean(values).map { value in
        Estimate(
          value: value, interval: Statistics.interval(of: values, statistic: Statistics.mean))
      }
    }
    let answered = records.filter { $0.answer != nil }
    rougeErrors = answered.count { $0.rouge == nil }
    rouge = mean(answered.map { $0.rouge ?? 0 })
    rougeL = mean(answered.compactMap(\.rougeL))
    exactMatch = mean(answered.compactMap(\.isExact).map { $0 ? 1 : 0 })
    let counts = answered.compactMap(\.objects)
    func ratio(_ statistic: ([ObjectCount]) -> Double?) -> Estimate? {
      statistic(counts).map {
        Estimate(value: $0, interval: Statistics.interval(of: counts, statistic: statistic))
      }
    }
    hallucinated = ratio(ObjectCount.hallucinated)
    covered = ratio(ObjectCount.covered)
    cacheBytes = Statistics.mean(records.map { Double($0.cacheBytes) }) ?? 0
    fullBytes = Statistics.mean(records.map { Double($0.fullBytes) }) ?? 0
    seconds = Statistics.mean(records.map(\.seconds)) ?? 0
  }
}
