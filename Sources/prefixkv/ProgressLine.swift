import Evaluation
import Foundation
import Inference

/// One line on stderr that is written over on a terminal.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let started = ContinuousClock.now
  private var tenth = 0
  private var isShown = false

  /// "12 of 100 samples, 3 min 20 s left"; elsewhere than on a terminal a line for every tenth.
  func show(_ progress: EvaluationRun.Progress) {
    let left = progress.left.map { ", \(Self.words($0)) left" } ?? ""
    let text = "\(progress.done) of \(progress.total) samples\(left)"
    let now = progress.done * 10 / max(progress.total, 1)
    show(text)
    if !isTerminal, now > tenth { Notice.write(text + "\n") }
    tenth = now
  }

  /// A bar for the model's layers, on a terminal and only where loading takes long enough to wonder.
  func showLoading(_ done: Int, of total: Int) {
    guard ContinuousClock.now - started > .milliseconds(500) else { return }
    let filled = 24 * done / max(total, 1)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
    show("loading the model [\(bar)] layer \(done) of \(total)")
  }

  func end() { if isShown { Notice.write("\r\u{1B}[K") } }

  /// On a terminal only.
  func show(_ text: String) {
    guard isTerminal else { return }
    isShown = true
    Notice.write("\r\u{1B}[K" + text)
  }

  private static func words(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds >= 3600 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
    return seconds >= 60 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds) s"
  }
}
