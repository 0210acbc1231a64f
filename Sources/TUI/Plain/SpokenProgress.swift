import Basics

/// What plain mode says of loading and reading: that it begins, and where it takes long, how far it is.
struct SpokenProgress {
  private static let interval = Duration.seconds(10)
  private var label = ""
  private var told = ContinuousClock.now

  /// - Returns: a line to say now; nil where there is nothing new.
  mutating func line(for progress: Progress?, at now: ContinuousClock.Instant) -> String? {
    guard let progress else {
      label = ""
      return nil
    }
    if progress.label != label {
      label = progress.label
      told = now
      return label
    }
    guard now - told >= Self.interval else { return nil }
    told = now
    return "\(label), \(Format.percent(progress.share))"
  }
}
