import Basics
import Evaluation
import Foundation
import Inference

/// One line on stderr that is overwritten on a terminal.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let started = ContinuousClock.now
  private var tenth = 0
  private var isShown = false

  /// Shows "12 of 100 samples, 3 min 20 s left". Elsewhere than on a terminal it writes one line for
  /// every tenth of the samples.
  func show(_ progress: EvaluationRun.Progress) {
    let left = progress.left.map { ", \(Format.wholeSeconds($0)) left" } ?? ""
    let text = "\(progress.done) of \(Format.counted(progress.total, "sample"))\(left)"
    let now = progress.done * 10 / max(progress.total, 1)
    show(text)
    if !isTerminal, now > tenth { Notice.say(text) }
    tenth = now
  }

  /// Shows a bar for the model's layers, but only on a terminal and only where loading takes long
  /// enough to wonder about.
  func showLoading(_ done: Int, of total: Int) {
    guard ContinuousClock.now - started > .milliseconds(500) else { return }
    let filled = 24 * done / max(total, 1)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
    show("loading the model [\(bar)] layer \(done) of \(total)")
  }

  /// Clears the line.
  func end() {
    guard isShown else { return }
    isShown = false
    StandardStream.errors.attempt("\r\u{1B}[K")
  }

  /// Shows the text, but only on a terminal.
  func show(_ text: String) {
    guard isTerminal else { return }
    isShown = true
    StandardStream.errors.attempt("\r\u{1B}[K" + text)
  }
}
