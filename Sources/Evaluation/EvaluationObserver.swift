/// Who watches an evaluation.
public protocol EvaluationObserver: AnyObject {
  /// Asked between two steps of decoding; true stops the run.
  var isCancelled: Bool { get }
  /// Told after every sample.
  func receive(_ progress: EvaluationRun.Progress)
  /// Told a sentence for people.
  func note(_ sentence: String)
}
