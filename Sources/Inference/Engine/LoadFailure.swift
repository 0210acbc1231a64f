import Basics

/// Why a model or a picture could not be loaded.
public struct LoadFailure: Sendable, Equatable {
  /// What was to be loaded.
  public enum Subject: Sendable, Equatable { case model, picture }

  /// What was to be loaded.
  public var subject: Subject
  /// A complete sentence for the user.
  public var sentence: String
  /// What a program without anybody at the keyboard ends with.
  public var exitStatus: ExitStatus
  /// The user stopped the loading.
  public var isStopped: Bool

  /// - Parameters:
  ///   - subject: what was to be loaded.
  ///   - sentence: why it is not there, for the user.
  ///   - exitStatus: that nothing was found, or that what was found cannot be used.
  ///   - isStopped: whether the user stopped the loading.
  public init(
    subject: Subject, sentence: String, exitStatus: ExitStatus = .badData, isStopped: Bool = false
  ) {
    self.subject = subject
    self.sentence = sentence
    self.exitStatus = exitStatus
    self.isStopped = isStopped
  }
}

extension LoadFailure {
  /// - Parameter sentence: what the error says; advice that suits the command line is replaced by
  ///   what a chat has instead.
  init(_ subject: Subject, _ error: any Error, sentence: String) {
    let isStopped = (error as? ModelError) == .cancelled
    var sentence = sentence
    if case WeightError.bundledModelUnusable(let reason) = error {
      sentence = "\(reason) The bundled model cannot be used; load another with /model PATH."
    }
    self.init(
      subject: subject, sentence: isStopped ? "Loading was stopped." : sentence,
      exitStatus: .ofEngine(error), isStopped: isStopped)
  }
}
