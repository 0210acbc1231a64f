/// Measures times, beside what limits them where there is a limit.
struct BenchTimer {
  let pool: ThreadPool
  /// Shortest time for which a figure is measured.
  let leastSeconds: Double

  /// Seconds of the fastest run, after one to warm up: other programs only make runs slower.
  func fastest(_ body: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    try body()
    var best = Duration.seconds(3600)
    var spent = Duration.zero
    var runs = 0
    while runs < 3 || (spent < .seconds(leastSeconds) && runs < 100) {
      let duration = try clock.measure(body)
      best = min(best, duration)
      spent += duration
      runs += 1
    }
    return best / .seconds(1)
  }

  /// Median seconds of the body, and the read bandwidth beside it.
  func besideMemory(_ body: () throws -> Void) throws -> (seconds: Double, Double) {
    let probe = try BandwidthProbe()
    return try beside({ probe.read(pool: pool) }, body)
  }

  /// Median seconds of a body that multiplies m rows with matrices of a type, and what they could
  /// be by the arithmetic beside it.
  func besideArithmetic(
    _ type: ElementType, rows m: Int, _ operations: Double, _ body: () throws -> Void
  ) throws -> (seconds: Double, bound: Double, limit: String) {
    let (arithmetic, share) = Arithmetic.of(type, m: m, pool: pool)
    let (seconds, rate) = try beside({ arithmetic.rate(pool: pool) }, body)
    return (seconds, operations * share / rate, arithmetic.rawValue)
  }

  /// Median seconds of the body and the rate beside it: each run stands between two readings of
  /// what limits it, because a bound taken in another moment says nothing on a shared host.
  private func beside(
    _ reading: () -> Double, _ body: () throws -> Void
  ) throws -> (seconds: Double, rate: Double) {
    let clock = ContinuousClock()
    // A reading empties the caches, so short bodies run often enough to fill them again.
    try body()
    let once = try clock.measure(body) / .seconds(1)
    let repeats = max(1, Int(0.05 / once))
    var seconds: [Double] = []
    var possible: [Double] = []
    var before = reading()
    let start = clock.now
    while seconds.count < (once > 1 ? 3 : 7)
      || (clock.now - start < .seconds(leastSeconds) && seconds.count < 99)
    {
      let duration = try clock.measure { for _ in 0..<repeats { try body() } }
      let after = reading()
      seconds.append(duration / .seconds(1) / Double(repeats))
      possible.append(seconds.last! * (before + after) / 2)
      before = after
    }
    let typical = seconds.median
    return (typical, possible.median / typical)
  }
}

extension [Double] {
  /// The value in the middle, the larger one of two; at least one value is needed.
  var median: Double { sorted()[count / 2] }
}
