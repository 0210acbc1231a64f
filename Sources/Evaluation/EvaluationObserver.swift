/// Watches an evaluation, and can stop it.
public protocol EvaluationObserver: AnyObject {
  /// Whether the run is to stop; read between two steps of decoding.
  var isCancelled: Bool { get }
  /// Receives the progress after every sample.
  func receive(_ progress: EvaluationRun.Progress)
  /// Receives a sentence for people.
  func note(_ sentence: String)
}
